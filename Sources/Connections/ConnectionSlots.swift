private import Synchronization

/// Limits the connections of one listener, over all loops.
package final class ConnectionSlots: Sendable {
    package let limit: Int
    private let used = Atomic<Int>(0)

    package init(limit: Int) {
        self.limit = limit
    }

    package var count: Int { used.load(ordering: .relaxed) }

    func reserve() -> Bool {
        if used.wrappingAdd(1, ordering: .relaxed).newValue <= limit { return true }
        release()
        return false
    }

    func release() {
        used.wrappingSubtract(1, ordering: .relaxed)
    }
}
