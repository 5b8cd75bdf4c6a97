/// A bound on the memory that the exchanges of one event loop hold together, in bytes.
final class MemoryBudget {
    private let limit: Int
    private(set) var used = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Reserves `count` bytes.
    ///
    /// - Returns: false if the budget has fewer bytes left; it then reserves nothing.
    func reserve(_ count: Int) -> Bool {
        guard count <= limit - used else { return false }
        used += count
        return true
    }

    /// Returns reserved bytes to the budget.
    func release(_ count: Int) {
        used -= count
    }
}
