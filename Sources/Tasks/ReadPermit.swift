private import Synchronization

/// A permit for one reader of the shared file. The end of the last reference releases the permit.
final class ReadPermit: Sendable {
    /// The limiter of concurrent readers. Readers have a bound because each reader holds an open file.
    final class Limiter: Sendable {
        private let limit: Int
        private let used = Atomic<Int>(0)

        init(limit: Int) {
            self.limit = limit
        }

        var count: Int { used.load(ordering: .relaxed) }

        /// A new permit; nil if all permits are in use.
        func issue() -> ReadPermit? {
            if used.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return ReadPermit(self) }
            takeBack()
            return nil
        }

        fileprivate func takeBack() {
            used.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    private let limiter: Limiter
    private let cancelled = Atomic<Bool>(false)

    private init(_ limiter: Limiter) {
        self.limiter = limiter
    }

    deinit { limiter.takeBack() }

    /// Tells the helper threads to stop the work for this reader: no client waits for the file any longer.
    func cancel() { cancelled.store(true, ordering: .relaxed) }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
}
