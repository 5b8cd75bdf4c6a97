/// The content of the epoch file: two lines of one size that are written in turn, each with an epoch and its checksum.
/// ```
///   00000000000000000012 6a5d1c2e9b80f347
///   00000000000000000011 0e9a44d17c3b2f58
/// ```
/// A new epoch overwrites the line without the highest epoch. An incomplete write (a power failure in the middle)
/// costs the epoch that was about to be granted, never an earlier one. The file never changes its size and is smaller
/// than a sector, so a later epoch costs one write in place and one sync.
package struct EpochFile {
    /// 20 digits, a space, 16 hexadecimal digits, and the newline.
    static let lineLength = 38

    /// The highest epoch of the file; nil if the damage exceeds an incomplete write.
    package let epoch: Epoch?
    /// The offset of the next write.
    let offsetOfNextLine: Int

    package init(_ bytes: [UInt8]) {
        let first = Self.epoch(in: bytes.prefix(Self.lineLength))
        let second = Self.epoch(in: bytes.dropFirst(Self.lineLength))
        epoch = [first, second].compactMap { $0 }.max()
        offsetOfNextLine = first == epoch ? Self.lineLength : 0
    }

    /// A new file with `epoch`.
    package static func bytes(of epoch: Epoch) -> [UInt8] {
        line(of: epoch) + line(of: .none)
    }

    static func line(of epoch: Epoch) -> [UInt8] {
        let number = digits(of: epoch.value, radix: 10, count: 20)
        let check = digits(of: check(of: number), radix: 16, count: 16)
        return number + [UInt8(ascii: " ")] + check + [UInt8(ascii: "\n")]
    }

    private static func epoch(in line: ArraySlice<UInt8>) -> Epoch? {
        guard line.count == lineLength, let value = UInt64(String(decoding: line.prefix(20), as: UTF8.self)) else {
            return nil
        }
        let epoch = Epoch(value)
        return self.line(of: epoch).elementsEqual(line) ? epoch : nil
    }

    private static func digits(of value: UInt64, radix: Int, count: Int) -> [UInt8] {
        let text = Array(String(value, radix: radix).utf8)
        return Array(repeating: UInt8(ascii: "0"), count: count - text.count) + text
    }

    /// FNV-1a, 64 bits: detects mixed halves of two lines. It does not protect against manipulation.
    private static func check(of bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
