/// What one source may receive in one turn of the loop before the others get their turn: a fast sender must not hold the loop.
package struct TurnBudget {
    private var left = 512 << 10
    /// Small pieces cost more than their bytes.
    private static let leastCost = 4 << 10

    package init() {}

    package var isSpent: Bool { left <= 0 }

    package mutating func spend(_ bytes: Int) { left -= max(bytes, TurnBudget.leastCost) }
}
