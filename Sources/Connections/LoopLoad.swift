private import Synchronization

/// The connections of one server of a group, including those on their way to it from the accepting loop. All loops read
/// and write it.
package final class LoopLoad: Sendable {
    private let value = Atomic<Int>(0)

    package var count: Int { value.load(ordering: .relaxed) }

    func add() { value.wrappingAdd(1, ordering: .relaxed) }

    func remove() { value.wrappingSubtract(1, ordering: .relaxed) }

    /// Returns whether a connection should move from a server with `count` connections to this one: the move costs a
    /// wake-up and a lock.
    func isWell(below count: Int) -> Bool {
        let own = self.count
        return own + 1 + own / 8 < count
    }
}
