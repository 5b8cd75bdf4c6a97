/// A line of a file with a check at its end, so that a line that was written in part is not believed.
enum CheckedLine {
    private static let longest = 4096

    static func bytes(_ text: String) -> [UInt8] { Array("\(text) \(check(of: text))\n".utf8) }

    /// The text without its check; nil if the line is incomplete.
    static func text(in bytes: [UInt8]) -> String? {
        guard bytes.count <= longest, bytes.last == UInt8(ascii: "\n") else { return nil }
        let line = String(decoding: bytes.dropLast(), as: UTF8.self)
        guard let space = line.lastIndex(of: " ") else { return nil }
        let text = String(line[..<space])
        return line[line.index(after: space)...] == check(of: text) ? text : nil
    }

    /// FNV-1a, 64 bits.
    private static func check(of text: String) -> String {
        String(text.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }, radix: 16)
    }
}
