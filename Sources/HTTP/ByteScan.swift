/// Searches raw bytes, eight at a time where that is faster.
///
/// The word arithmetic is the usual one. `x - 0x20…` borrows into the top bit of each byte below 0x20, and `~x` masks
/// out bytes that had the top bit set before. A borrow may mark a byte above a true hit, never a byte below one. So the
/// lowest mark of a word in little-endian order is exact, and the code uses only that mark.
enum ByteScan {
    static let carriageReturn: UInt8 = 0x0D
    static let lineFeed: UInt8 = 0x0A
    static let tab: UInt8 = 0x09
    static let space: UInt8 = 0x20

    @inline(__always) private static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inline(__always) private static var tops: UInt64 { 0x8080_8080_8080_8080 }

    @inline(__always)
    static func word(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
    }

    @inline(__always)
    static func halfWord(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
        UInt32(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt32.self))
    }

    /// Sets the top bit of each byte of `word` that equals `byte`.
    @inline(__always)
    private static func equal(_ word: UInt64, _ byte: UInt64) -> UInt64 {
        let difference = word ^ (ones &* byte)
        return (difference &- ones) & ~difference
    }

    /// Sets the top bit of each byte of `word` that is less than `bound`. `bound` is at most 0x80.
    @inline(__always)
    private static func below(_ word: UInt64, _ bound: UInt64) -> UInt64 {
        (word &- (ones &* bound)) & ~word
    }

    /// Offset of the first control byte (0x00 to 0x1F, 0x7F) in `start..<end`, or `end` if there is none.
    @inline(__always)
    static func firstControl(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index &+ 8 <= end {
            let word = word(base + index)
            let marks = (below(word, 0x20) | equal(word, 0x7F)) & tops
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < end, base[index] >= 0x20, base[index] != 0x7F { index &+= 1 }
        return index
    }

    /// Offset of the first byte in `start..<end` that a request target must not contain (not 0x21 to 0x7E, or `#`), or
    /// `end` if there is none.
    @inline(__always)
    static func endOfTarget(_ base: UnsafePointer<UInt8>, from start: Int, to end: Int) -> Int {
        var index = start
        while index &+ 8 <= end {
            let word = word(base + index)
            let marks = (below(word, 0x21) | equal(word, 0x7F) | equal(word, 0x23) | word) & tops
            if marks != 0 { return index &+ marks.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < end, base[index] > 0x20, base[index] < 0x7F, base[index] != 0x23 { index &+= 1 }
        return index
    }

    /// True for the white space that a line may contain (RFC 9110 5.6.3).
    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }

    /// The lower case of an ASCII letter. Other bytes stay unchanged.
    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit, or nil for any other byte.
    @inline(__always)
    static func hexadecimalValue(_ byte: UInt8) -> UInt8? {
        let digit = byte &- 0x30
        if digit < 10 { return digit }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// True when `count` bytes at `bytes` equal `literal`, ignoring case. `literal` is in lower case.
    @inline(__always)
    static func equals(_ bytes: UnsafePointer<UInt8>, _ count: Int, ignoringCase literal: StaticString) -> Bool {
        count == literal.utf8CodeUnitCount && hasPrefix(bytes, count, ignoringCase: literal)
    }

    /// True when `count` bytes at `bytes` begin with `literal`, ignoring case. `literal` is in lower case.
    @inline(__always)
    static func hasPrefix(_ bytes: UnsafePointer<UInt8>, _ count: Int, ignoringCase literal: StaticString) -> Bool {
        guard count >= literal.utf8CodeUnitCount else { return false }
        return equals(bytes, literal.utf8Start, literal.utf8CodeUnitCount)
    }

    /// True when two ranges of `count` bytes differ at most in the case of ASCII letters.
    static func equals(_ left: UnsafePointer<UInt8>, _ right: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        var index = 0
        while index < count {
            if lowercased(left[index]) != lowercased(right[index]) { return false }
            index &+= 1
        }
        return true
    }
}
