/// Base64 with padding (RFC 4648, 4).
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var word: UInt32 = 0
            for index in 0..<3 { word = word << 8 | (index < group.count ? UInt32(group[start + index]) : 0) }
            for index in 0..<4 {
                text.append(index <= group.count ? alphabet[Int(word >> UInt32(18 - 6 * index) & 0x3F)] : 0x3D)
            }
        }
        return text
    }

    /// Nil for a text that is not of this form.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        var word: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text {
            count += 1
            if character == 0x3D, count + 2 > text.count {
                padding += 1
                word <<= 6
            } else {
                guard padding == 0, let value = alphabet.firstIndex(of: character) else { return nil }
                word = word << 6 | UInt32(value)
            }
            guard count % 4 == 0 else { continue }
            for index in 0..<(3 - padding) { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(16 - 8 * index))) }
            word = 0
        }
        return bytes
    }
}
