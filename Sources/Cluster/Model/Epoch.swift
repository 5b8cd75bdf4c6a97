/// The number of a reign: each balancer of a cluster accepts under an epoch that no other balancer ever had.
///
/// It has two parts. The lower 24 bits count the reigns of one succession, by ones. The bits above are the **term**: it
/// leaps by a random amount where nobody can know what was granted before (another host takes over, or the epoch file is
/// damaged). So two successions that go on apart from one another never meet in one number, but for one chance in a
/// million, and one of the two is the higher. On the wire it is a plain number.
package struct Epoch: Comparable, Hashable, Sendable, Codable {
    package var value: UInt64

    /// Before the first balancer.
    package static let none = Epoch(0)

    /// The largest epoch that a peer may claim. Above it there would be no room left for a next one.
    package static let ceiling = Epoch(1 << 62)

    package init(_ value: UInt64) {
        self.value = value
    }

    /// The epoch that a successor takes. Saturates; `ceiling` keeps real epochs far away from the end.
    package var next: Epoch {
        Epoch(value == .max ? .max : value + 1)
    }

    private static let countBits: UInt64 = 24
    private static let longestLeap: UInt32 = 1 << 20

    /// Changes only by leaps: epochs of one term are of one succession.
    package var term: UInt64 { value >> Self.countBits }

    /// The beginning of a later term, chosen at random. There is room for half a million leaps below `ceiling`.
    package func leaped(using generator: inout SeededGenerator) -> Epoch {
        let landing = term + 1 + UInt64(generator.below(Self.longestLeap))
        return landing < Self.ceiling.term ? Epoch(landing << Self.countBits) : Self.ceiling
    }

    package init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(UInt64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(value)
    }

    package static func < (left: Epoch, right: Epoch) -> Bool {
        left.value < right.value
    }
}
