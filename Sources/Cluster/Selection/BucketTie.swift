/// Members of a `BucketOrder` with equally many outstanding, without those that a request has tried.
struct BucketTie {
    private let low: Int
    private let high: Int
    /// Positions of the tried among them, ascending; `high` stands for none.
    private var skips: (Int, Int, Int)
    let outstanding: Int
    private(set) var count: Int

    init(low: Int, high: Int, outstanding: Int) {
        self.low = low
        self.high = high
        self.outstanding = outstanding
        skips = (high, high, high)
        count = high - low
    }

    /// Leaves a position out. At most three times.
    mutating func skip(_ position: Int?) {
        guard let position, low <= position, position < high else { return }
        count -= 1
        if position < skips.0 {
            skips = (position, skips.0, skips.1)
        } else if position < skips.1 {
            skips = (skips.0, position, skips.1)
        } else {
            skips.2 = position
        }
    }

    /// One of the members' positions, drawn at random.
    func draw(_ generator: inout SeededGenerator) -> Int {
        var position = low + (count == 1 ? 0 : Int(generator.below(UInt32(count))))
        if position >= skips.0 { position += 1 }
        if position >= skips.1 { position += 1 }
        if position >= skips.2 { position += 1 }
        return position
    }
}
