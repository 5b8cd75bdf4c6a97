private import FoundationEssentials
package import Telemetry

/// The JSON of the cluster protocol: keys in a fixed order, so that texts can be compared, and no invisible scalars.
package enum JSON {
    package static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // This program's own messages contain only numbers, texts and lists, so the encoder can't fail.
        guard let data = try? encoder.encode(value) else { preconditionFailure("a message of ours can't be encoded") }
        return VisibleText.escaped(json: Array(data))
    }

    /// Returns nil if the bytes are not JSON of this type.
    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: some Sequence<UInt8>) -> Value? {
        try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
