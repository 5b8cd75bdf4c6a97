private import Synchronization

/// A place among the readers of the shared file; given back when the last reference to it ends.
final class FileTicket: Sendable {
    /// How many readers there may be, since each holds an open file.
    final class Office: Sendable {
        private let limit: Int
        private let used = Atomic<Int>(0)

        init(limit: Int) {
            self.limit = limit
        }

        var count: Int { used.load(ordering: .relaxed) }

        /// Nil when all places are taken.
        func issue() -> FileTicket? {
            if used.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return FileTicket(self) }
            takeBack()
            return nil
        }

        fileprivate func takeBack() {
            used.wrappingSubtract(1, ordering: .relaxed)
        }
    }

    private let office: Office
    private let cancelled = Atomic<Bool>(false)

    private init(_ office: Office) {
        self.office = office
    }

    deinit { office.takeBack() }

    /// Nobody wants the file any more: what is being done for this reader may be broken off.
    func cancel() { cancelled.store(true, ordering: .relaxed) }

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }
}
