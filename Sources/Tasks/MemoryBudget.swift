/// Bytes that the exchanges of one loop may hold together.
final class MemoryBudget {
    private let limit: Int
    private(set) var used = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes `count` bytes of the budget, or none when it has not as many left.
    func reserve(_ count: Int) -> Bool {
        guard count <= limit - used else { return false }
        used += count
        return true
    }

    /// Gives bytes back that were reserved.
    func release(_ count: Int) {
        used -= count
    }
}
