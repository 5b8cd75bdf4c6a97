private import Synchronization

/// The one file that all workers append to and read from.
///
/// A few helper threads access the disk, so no event loop blocks on it. A process has one object, which all loops
/// share; it is thread safe. A helper thread calls the completion of each request. The completion takes its result to
/// an event loop with `EventLoop.post`.
///
/// Laws:
/// - At most one helper thread writes. Lines that arrive during a write are then written and synced together (group
///   commit).
/// - `LineQueue` bounds the waiting lines, and `maximumReaders` bounds the readers. Beyond a bound, a call throws
///   `busy` at once.
/// - If a call does not throw, its completion is called exactly once, unless its permit is cancelled.
package final class SharedFile: Sendable {
    typealias Completion<Value> = @Sendable (Result<Value, SharedFileError>) -> Void

    /// The result of `open`: the file and the offset of the first wanted byte.
    struct Opened: Sendable {
        let file: FileReader
        let start: Int
    }

    /// Most readers at a time. Each reader holds a descriptor in addition to the descriptors of the connections.
    static let maximumReaders = 256
    /// Bytes that one job searches for the start of a tail. Then other jobs get the thread.
    private static let scanBytesPerJob = 16 << 20

    private let path: String
    private let helpers: HelperThreads
    private let lines = Mutex(LineQueue())
    private let appender: Mutex<FileAppender>
    let permits = ReadPermit.Limiter(limit: SharedFile.maximumReaders)

    /// - Parameters:
    ///   - path: the file need not exist; the first line creates it. The file's directory must exist.
    ///   - threads: 1 to 64. With two threads, reads continue during a sync.
    ///   - lockMilliseconds: time limit for the file's lock. After this time, the waiting lines fail with `locked`.
    package init(path: String, threads: Int = 2, lockMilliseconds: Int = 5_000) {
        self.path = path
        helpers = HelperThreads(count: threads)
        appender = Mutex(FileAppender(path: path, lockMilliseconds: lockMilliseconds))
    }

    /// Finishes the accepted requests, rejects new ones with `stopped`, and ends the helper threads.
    ///
    /// Blocks until all requests are done: call it at the end of the process, never on an event loop's thread.
    package func shutdown() {
        helpers.stop()
    }

    // MARK: Writing

    /// Appends a copy of a line. The completion receives the number of bytes added to the file, with the newline, once
    /// they are durable. After `shutdown`, it receives `stopped` on the calling thread.
    ///
    /// - Parameter line: without newline.
    /// - Throws: `busy`; the completion is then not called.
    func append(
        _ line: UnsafeBufferPointer<UInt8>, completion: @escaping Completion<Int>
    ) throws(SharedFileError) {
        let (isAdded, isWriterNeeded) = lines.withLock { lines in
            (lines.add(line, completion), lines.claimWriter())
        }
        if isWriterNeeded, !helpers.run({ [self] in writeLines() }) {
            // Another thread may have added lines that need this writer.
            while let batch = lines.withLock({ $0.take() }) {
                for waiter in batch.waiters { waiter.completion(.failure(.stopped)) }
            }
        }
        if !isAdded { throw .busy }
    }

    /// Writes the waiting lines in batches. Between two batches, other jobs get the thread.
    private func writeLines() {
        while let batch = lines.withLock({ $0.take() }) {
            let failure = appender.withLock { appender -> SharedFileError? in
                do throws(SharedFileError) {
                    try appender.append(batch.bytes)
                    return nil
                } catch {
                    return error
                }
            }
            for waiter in batch.waiters {
                waiter.completion(failure.map(Result.failure) ?? .success(waiter.byteCount))
            }
            if helpers.run({ [self] in writeLines() }) { return }
        }
    }

    // MARK: Reading

    /// Opens the file for a reader. If `tailLines` is given, it also finds the start of the last lines. The completion
    /// receives nil if the file does not exist.
    ///
    /// - Returns: the reader's permit. After a cancellation of the permit, the completion may still be called with any
    ///   result, or not at all.
    /// - Throws: `busy` or `stopped`; the completion is then not called.
    func open(
        tailLines: Int?, completion: @escaping Completion<Opened?>
    ) throws(SharedFileError) -> ReadPermit {
        guard let permit = permits.issue() else { throw .busy }
        let isTaken = helpers.run { [self] in
            do throws(SharedFileError) {
                guard let file = try FileReader.open(path: path, permit: permit) else {
                    completion(.success(nil))
                    return
                }
                guard let tailLines else {
                    completion(.success(Opened(file: file, start: 0)))
                    return
                }
                find(TailScan(of: file, lines: tailLines), file, permit, completion)
            } catch {
                completion(.failure(error))
            }
        }
        guard isTaken else { throw .stopped }
        return permit
    }

    private func find(
        _ scan: TailScan, _ file: FileReader, _ permit: ReadPermit, _ completion: @escaping Completion<Opened?>
    ) {
        guard !permit.isCancelled else { return }
        var scan = scan
        do throws(SharedFileError) {
            if let start = try scan.step(limit: SharedFile.scanBytesPerJob) {
                completion(.success(Opened(file: file, start: start)))
                return
            }
        } catch {
            completion(.failure(error))
            return
        }
        let rest = scan
        if !helpers.run({ [self] in find(rest, file, permit, completion) }) { completion(.failure(.stopped)) }
    }

    /// Reads a piece of an opened file. The completion receives fewer bytes than `count` if the file has become
    /// shorter.
    ///
    /// - Throws: `stopped`; the completion is then not called.
    func read(
        _ file: FileReader, at offset: Int, count: Int, completion: @escaping Completion<[UInt8]>
    ) throws(SharedFileError) {
        let isTaken = helpers.run {
            do throws(SharedFileError) {
                completion(.success(try file.bytes(at: offset, count: count)))
            } catch {
                completion(.failure(error))
            }
        }
        if !isTaken { throw .stopped }
    }

    // MARK: Other work

    /// Runs long work on a helper thread, so that an event loop does not block.
    ///
    /// - Returns: false after `shutdown`; the work then does not run.
    func assist(_ work: @escaping @Sendable () -> Void) -> Bool { helpers.run(work) }
}
