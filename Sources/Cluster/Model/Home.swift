/// A state directory, and so one host and cluster, by the random name that is kept in it.
///
/// Workers and balancers of one home share a lock; between two homes there is none. The host's name would not tell: a
/// host has many, and two workers of one may register under different addresses.
package struct Home: Hashable, Sendable, Codable, CustomStringConvertible {
    package static let maximumLength = 64

    package let text: String

    /// Nil unless `text` is 1 to 64 characters of `a-z 0-9 -`.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...Home.maximumLength).contains(bytes.count) else { return nil }
        guard bytes.allSatisfy({ NodeID.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) else { return nil }
        self.text = text
    }

    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let home = Home(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a home is 1 to 64 characters of a-z 0-9 -")
        }
        self = home
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
