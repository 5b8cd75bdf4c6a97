/// A lock domain: one state directory, and so one host and one cluster. A random name, stored in the directory,
/// identifies it.
///
/// Workers and balancers of one lock domain share a lock. No lock exists between two domains. A host's name would not
/// identify the domain: a host has many names, and two workers of one host may register with different addresses.
package struct LockDomain: Hashable, Sendable, Codable, CustomStringConvertible {
    package static let maximumLength = 64

    package let text: String

    /// Nil unless `text` is 1 to 64 characters of `a-z 0-9 -`.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...LockDomain.maximumLength).contains(bytes.count) else { return nil }
        guard bytes.allSatisfy({ NodeID.isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) else { return nil }
        self.text = text
    }

    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let lockDomain = LockDomain(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "a lock domain is 1 to 64 characters of a-z 0-9 -")
        }
        self = lockDomain
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}
