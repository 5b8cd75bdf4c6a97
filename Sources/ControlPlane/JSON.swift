private import FoundationEssentials

/// JSON as the cluster speaks it: keys in a fixed order, so that texts compare.
package enum JSON {
    package static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Our own messages hold numbers, texts and lists: nothing that JSON can't say.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a message of ours can't be encoded") }
        return Array(data)
    }

    /// Nil when the bytes are not JSON of this shape.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
