private import Synchronization

/// Work for a loop, from any thread.
struct Mailbox: ~Copyable, Sendable {
    /// Nil after the end of the loop.
    private let work = Mutex<[@Sendable () -> Void]?>([])

    /// Adds work. After the end it is dropped at once, with everything that it holds.
    ///
    /// - Returns: whether the loop has to be woken.
    func add(_ item: @escaping @Sendable () -> Void) -> Bool {
        work.withLock { queue in
            queue?.append(item)
            return queue?.count == 1
        }
    }

    func takeAll() -> [@Sendable () -> Void] {
        work.withLock { queue in
            let taken = queue ?? []
            if queue != nil { queue = [] }
            return taken
        }
    }

    /// Ends the loop's interest in work. The work is dropped outside of the lock, because its end may post more.
    func close() {
        _ = work.withLock { queue in queue.take() }
    }
}
