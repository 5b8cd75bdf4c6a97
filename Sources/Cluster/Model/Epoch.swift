/// The number of a reign: each balancer of a cluster accepts under an epoch that no other balancer ever had.
///
/// On the wire it is a plain number.
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
