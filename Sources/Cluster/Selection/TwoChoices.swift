/// The less loaded of two workers that are drawn at random, in proportion to capacity.
///
/// Nearly as even as the fewest of all, and balancers that know nothing of each other don't all fall upon the same idle
/// worker.
struct TwoChoices: Chooser {
    /// Draws for one choice: the tried and those in slow start may be drawn in vain.
    private static let draws = 6

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ book: inout LoadBook) -> Int32? {
        var first: Int32?
        for _ in 0..<Self.draws {
            guard let index = book.draw(), index != first, book.isOpen(index, besides: tried), book.isLucky(index)
            else {
                continue
            }
            guard let other = first else {
                first = index
                continue
            }
            return book.load(of: index) < book.load(of: other) ? index : other
        }
        return first
    }
}
