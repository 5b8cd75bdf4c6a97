private import Synchronization

/// The one file that all workers append to and read from.
///
/// All that touches the disk is done by a few helper threads, so that no loop ever blocks on it. One object per
/// process, shared by all loops; thread safe. What is asked for is answered by a completion that a helper thread
/// calls: whoever asked takes the answer to its loop with `EventLoop.post`.
///
/// Laws:
/// - At most one helper thread writes; lines that come meanwhile wait and are then written and synced together (group commit).
/// - What waits is bounded: lines by `LineQueue`, readers by `maximumReaders`. Beyond that the answer is `busy`, at once.
/// - Every completion is called exactly once, unless the file was asked after `shutdown`, or the reader's ticket was cancelled.
package final class SharedFile: Sendable {
    typealias Completion<Value> = @Sendable (Result<Value, SharedFileError>) -> Void

    /// What a reader is given: the file and the offset to begin at.
    struct Opened: Sendable {
        let file: FileReader
        let start: Int
    }

    /// Files open for reading at a time; each is a descriptor beside those of the connections.
    static let maximumReaders = 256
    /// How far a helper thread looks for the start of a tail before it takes up what else waits.
    private static let scanBytesPerJob = 16 << 20

    private let path: String
    private let helpers: HelperThreads
    private let lines = Mutex(LineQueue())
    private let appender: Mutex<FileAppender>
    let tickets = FileTicket.Office(limit: SharedFile.maximumReaders)

    /// - Parameters:
    ///   - path: need not exist; made by the first line that is written. Its folder must exist.
    ///   - threads: 1 to 64. With two, reading goes on while a sync is under way.
    ///   - lockMilliseconds: how long another process may keep a writer from the file before its lines are refused.
    package init(path: String, threads: Int = 2, lockMilliseconds: Int = 5_000) {
        self.path = path
        helpers = HelperThreads(count: threads)
        appender = Mutex(FileAppender(path: path, lockMilliseconds: lockMilliseconds))
    }

    /// Finishes what has been asked for, takes nothing more (`stopped`) and ends the helper threads. Blocks until
    /// then: for the end of the process, not for a loop's thread.
    package func shutdown() {
        helpers.stop()
    }

    // MARK: Writing

    /// Appends a line, which is copied; the completion gets the number of bytes that the file grew by, the newline
    /// included, once they are durable. After `shutdown` it gets `stopped`, on the calling thread.
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
            // Others may have added lines since, relying on this writer.
            while let batch = lines.withLock({ $0.take() }) {
                for waiter in batch.waiters { waiter.completion(.failure(.stopped)) }
            }
        }
        if !isAdded { throw .busy }
    }

    /// Writes what waits, batch after batch; between two batches others get the thread.
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

    /// Opens the file for a reader and, if only its last lines are wanted, finds where they begin. The completion
    /// gets nil when there is no file yet.
    ///
    /// - Returns: the reader's place. Cancelling it drops the completion or gives it an error.
    /// - Throws: `busy` or `stopped`; the completion is then not called.
    func open(
        tailLines: Int?, completion: @escaping Completion<Opened?>
    ) throws(SharedFileError) -> FileTicket {
        guard let ticket = tickets.issue() else { throw .busy }
        let isTaken = helpers.run { [self] in
            do throws(SharedFileError) {
                guard let file = try FileReader.open(path: path, ticket: ticket) else {
                    completion(.success(nil))
                    return
                }
                guard let tailLines else {
                    completion(.success(Opened(file: file, start: 0)))
                    return
                }
                find(TailScan(of: file, lines: tailLines), file, ticket, completion)
            } catch {
                completion(.failure(error))
            }
        }
        guard isTaken else { throw .stopped }
        return ticket
    }

    private func find(
        _ scan: TailScan, _ file: FileReader, _ ticket: FileTicket, _ completion: @escaping Completion<Opened?>
    ) {
        guard !ticket.isCancelled else { return }
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
        if !helpers.run({ [self] in find(rest, file, ticket, completion) }) { completion(.failure(.stopped)) }
    }

    /// Reads a piece of an opened file; the completion gets fewer bytes than wanted when the file has become shorter.
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

    /// Does work on a helper thread that would hold up a loop.
    ///
    /// - Returns: false after `shutdown`; the work is then dropped.
    func assist(_ work: @escaping @Sendable () -> Void) -> Bool { helpers.run(work) }
}
