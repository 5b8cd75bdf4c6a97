private import Glibc
package import Sockets
private import Synchronization

/// The thread of a process that waits for the disk, so that no loop does.
///
/// It runs its jobs one after the other, in the order of the requests. Of several writes of one file that wait, only the
/// newest is performed. So at most one write of each file waits, however slow the disk is.
package final class DiskThread: Sendable {
    /// What has become of a write.
    package enum Outcome: Sendable, Equatable {
        /// The content is on the disk.
        case done
        case failed(SystemError)
        /// A later write of the same file has taken the place of this one.
        case superseded
    }

    package typealias Write = @Sendable (_ name: String, _ content: [UInt8]) throws(SystemError) -> Void

    /// A write that has not begun.
    private struct Waiting: Sendable {
        let content: @Sendable () -> [UInt8]?
        let completion: @Sendable (Outcome) -> Void
    }

    /// The longest time for which a process that ends waits for its last write. A write that waits longer has probably no
    /// disk any more.
    package static let lastWriteMilliseconds: Int32 = 2000

    private let queue: EventLoop
    private let thread: LoopThread
    private let write: Write
    /// By the name of the file.
    private let waiting = Mutex<[String: Waiting]>([:])

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - directory: the directory of the files that `replace` names.
    ///   - write: replaces a file; nil for the synced write of the directory.
    package init(directory: StateDirectory, write: Write? = nil) throws(SystemError) {
        if let write {
            self.write = write
        } else {
            let files = directory.files
            self.write = { (name, content) throws(SystemError) in
                try files.replace(name, with: content, waiting: .onDiskThread)
            }
        }
        queue = try EventLoop(eventsPerWait: 1)
        thread = try LoopThread(running: queue, name: "disk")
    }

    deinit {
        queue.stop()
        thread.detach()
    }

    /// Runs `work` on the thread and then `completion` on `loop`. Callable from any thread.
    ///
    /// The caller bounds the number of its jobs.
    package func run<Value>(
        on loop: EventLoop, _ work: @escaping @Sendable () -> Value, then completion: @escaping (Value) -> Void
    ) {
        let completion = LoopBound(completion)
        queue.post {
            let value = LoopBound(work())
            loop.post { completion.value(value.value) }
        }
    }

    /// Replaces a file of the directory, durably. Callable from any thread.
    ///
    /// - Parameters:
    ///   - content: made on the thread, if this write is still the newest of the file; nil if nothing has to be written.
    ///   - completion: called once on `loop`.
    package func replace(
        _ name: String, with content: @escaping @Sendable () -> [UInt8]?, on loop: EventLoop,
        then completion: @escaping (Outcome) -> Void
    ) {
        let bound = LoopBound(completion)
        let fresh = Waiting(content: content) { outcome in loop.post { bound.value(outcome) } }
        let past = waiting.withLock { $0.updateValue(fresh, forKey: name) }
        // The job of the past write performs this one.
        if let past { return past.completion(.superseded) }
        queue.post { [self] in
            if let newest = waiting.withLock({ $0.removeValue(forKey: name) }) {
                newest.completion(perform(newest, name))
            }
        }
    }

    private func perform(_ newest: Waiting, _ name: String) -> Outcome {
        guard let content = newest.content() else { return .done }
        do throws(SystemError) {
            try write(name, content)
            return .done
        } catch {
            return .failed(error)
        }
    }

    /// Waits until all jobs so far are done, for a limited time. For the end of a process, which starts no other one then.
    ///
    /// - Returns: false if the time was too short.
    @discardableResult
    package func finish(limitMilliseconds: Int32 = DiskThread.lastWriteMilliseconds) -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        let (reading, writing) = (ends[0], ends[1])
        queue.post { close(writing) }
        var event = pollfd(fd: reading, events: Int16(POLLIN), revents: 0)
        defer { close(reading) }
        return poll(&event, 1, limitMilliseconds) == 1
    }
}
