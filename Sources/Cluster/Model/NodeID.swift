/// The name of a node: 1 to 63 characters of `a-z 0-9 . -`, beginning with a letter or a digit.
///
/// The characters are those of a DNS label and the dot. So an id is safe as a file name, in a URI and in a log line.
package struct NodeID: Comparable, Hashable, Sendable, Codable, CustomStringConvertible {
    package static let maximumLength = 63

    package let text: String

    /// Nil unless `text` has the valid characters and length.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...NodeID.maximumLength).contains(bytes.count), let first = bytes.first else { return nil }
        guard NodeID.isAlphanumeric(first), bytes.allSatisfy(NodeID.isAllowed) else { return nil }
        self.text = text
    }

    package var description: String { text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = NodeID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "a node id is 1 to 63 characters of a-z 0-9 . - and begins with a letter or a digit"
            )
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package static func < (left: NodeID, right: NodeID) -> Bool {
        left.text < right.text
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    static func isAllowed(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }
}
