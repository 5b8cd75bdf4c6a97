/// The workers that one request has already been sent to: at most three, stored in place without an array.
package struct TriedSlots: Sendable {
    package static let capacity = 3

    package private(set) var first: Slot?
    package private(set) var second: Slot?
    package private(set) var third: Slot?

    package init() {}

    package init(_ slot: Slot) {
        first = slot
    }

    package var count: Int {
        (first == nil ? 0 : 1) + (second == nil ? 0 : 1) + (third == nil ? 0 : 1)
    }

    /// Adds a slot.
    ///
    /// - Returns: false if three other slots are stored already: the request has no attempt left.
    @discardableResult
    package mutating func insert(_ slot: Slot) -> Bool {
        if contains(slot) { return true }
        if first == nil {
            first = slot
        } else if second == nil {
            second = slot
        } else if third == nil {
            third = slot
        } else {
            return false
        }
        return true
    }

    package func contains(_ slot: Slot) -> Bool {
        slot == first || slot == second || slot == third
    }
}
