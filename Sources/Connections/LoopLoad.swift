private import Synchronization

/// Connections that one server of a group has, those included that are on their way to it from the loop that accepted them.
/// Written and read by all loops.
package final class LoopLoad: Sendable {
    private let value = Atomic<Int>(0)

    package var count: Int { value.load(ordering: .relaxed) }

    func add() { value.wrappingAdd(1, ordering: .relaxed) }

    func remove() { value.wrappingSubtract(1, ordering: .relaxed) }

    /// Whether a connection is worth the way from a server with `count` of them to this one's: it costs a wake-up and a lock.
    func isWell(below count: Int) -> Bool {
        let own = self.count
        return own + 1 + own / 8 < count
    }
}
