/// The number of a reign. Each balancer of a cluster accepts connections under an epoch that no other balancer ever
/// had.
///
/// An epoch has two parts. The lower 24 bits count the reigns of one succession. The upper bits are the **term**. The
/// term leaps by a random amount if the last granted epoch is unknown: another host takes over, or the epoch file is
/// damaged. So two independent successions reach the same number only with a chance of one in a million, and otherwise
/// one of them is higher. In messages an epoch is a plain number.
package struct Epoch: Comparable, Hashable, Sendable, Codable {
    package var value: UInt64

    /// The epoch before the first balancer.
    package static let none = Epoch(0)

    /// No epoch above this one is ever granted or accepted.
    package static let ceiling = Epoch(1 << 62)

    /// The highest epoch that a leap reaches. From here to `ceiling` epochs rise only by ones, so no claim uses up that
    /// half. With one takeover each millisecond it lasts 73 million years.
    package static let leapCeiling = Epoch(1 << 61)

    package init(_ value: UInt64) {
        self.value = value
    }

    /// The epoch of the next reign. It saturates; `ceiling` keeps real epochs far below the end.
    package var next: Epoch {
        Epoch(value == .max ? .max : value + 1)
    }

    private static let countBits: UInt64 = 24
    private static let longestLeap: UInt64 = 1 << 20
    /// The room of a claim in addition to leaps: reigns that the other side has missed.
    private static let countRoom: UInt64 = 1 << 32

    /// Changes only by leaps. Epochs of one term belong to one succession.
    package var term: UInt64 { value >> Self.countBits }

    /// The beginning of a later term, chosen at random; the same epoch if no term is left.
    ///
    /// A leap is at most 2^20 terms long, and at most 1/4096 of the remaining terms. So about 250,000 leaps have the
    /// full length, and later ones become shorter and shorter.
    package func leaped(using generator: inout SeededGenerator) -> Epoch {
        let left = leapRoom >> Self.countBits
        guard left > 0 else { return self }
        let longest = max(1, min(Self.longestLeap, left / 4096))
        return Epoch((term + 1 + UInt64(generator.below(UInt32(longest)))) << Self.countBits)
    }

    // MARK: The range of believable claims

    /// The highest epoch that a worker accepts from a balancer after it has met this one.
    ///
    /// It is 1/16 of the room for leaps higher: 16,000 leaps of average length from the beginning. A malicious balancer
    /// would need hundreds of such steps to use up the room, and can't reach `ceiling`.
    package var reach: Epoch { further(by: leapRoom / 16 + Self.countRoom) }

    /// The highest claimed epoch over which a coordinator leaps after it has granted this one. With the leap it is
    /// within `reach`. So workers that have met the last grant accept the next one.
    var reachOfClaims: Epoch { further(by: leapRoom / 32 + Self.countRoom / 2) }

    private var leapRoom: UInt64 { Self.leapCeiling.value - min(value, Self.leapCeiling.value) }

    private func further(by step: UInt64) -> Epoch {
        self < Self.ceiling ? min(Epoch(value + step), .ceiling) : .ceiling
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
