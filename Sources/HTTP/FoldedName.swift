/// A field name as up to three words, with letters in lower case and underscores as dashes. Comparing it with a known
/// name takes one to three instructions.
///
/// The words overlap: the first eight bytes, the last eight bytes and, for names longer than 16 bytes, the second eight
/// bytes. With the length, the words determine every name up to 24 bytes. Longer names are compared by prefix only. For
/// a literal, the compiler folds the whole value into constants.
struct FoldedName {
    let count: Int
    let hasUnderscore: Bool
    private let bytes: UnsafePointer<UInt8>
    private let first: UInt64
    private let middle: UInt64
    private let last: UInt64

    /// - Parameters:
    ///   - bytes: a valid token: `count` readable bytes, none above 0x7E.
    ///   - count: at least 2.
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>, count: Int) {
        var underscores: UInt64 = 0
        if count >= 8 {
            first = Self.fold(ByteScan.word(bytes), &underscores)
            last = Self.fold(ByteScan.word(bytes + (count &- 8)), &underscores)
            middle = count > 16 ? Self.fold(ByteScan.word(bytes + 8), &underscores) : 0
        } else if count >= 4 {
            let low = UInt64(ByteScan.halfWord(bytes))
            let high = UInt64(ByteScan.halfWord(bytes + (count &- 4)))
            first = Self.fold(low | high &<< 32, &underscores)
            middle = 0
            last = 0
        } else {
            let low = UInt64(bytes[0]) | UInt64(bytes[1]) &<< 8
            first = Self.fold(low | UInt64(bytes[count &- 1]) &<< 16, &underscores)
            middle = 0
            last = 0
        }
        self.bytes = bytes
        self.count = count
        hasUnderscore = underscores != 0
    }

    /// True when the name is `literal`. `literal` is in lower case, has the same length, and has at most 24 bytes.
    @inline(__always)
    func equals(_ literal: StaticString) -> Bool {
        let other = FoldedName(literal.utf8Start, count: literal.utf8CodeUnitCount)
        return first == other.first && last == other.last && middle == other.middle
    }

    /// True when the name begins with `literal`. `literal` is in lower case and has 8 to 16 bytes.
    @inline(__always)
    func hasPrefix(_ literal: StaticString) -> Bool {
        let length = literal.utf8CodeUnitCount
        let other = FoldedName(literal.utf8Start, count: length)
        guard first == other.first, count >= length else { return false }
        var underscores: UInt64 = 0
        return Self.fold(ByteScan.word(bytes + (length &- 8)), &underscores) == other.last
    }

    /// Sets bit 5 of every byte, then replaces each former `_` with `-` and reports it.
    ///
    /// Bit 5 lowers letters and keeps digits and `-`. Bit 5 turns `_` into 0x7F, and no other token byte becomes 0x7F.
    /// No carry crosses bytes, because each sum stays below 0x100.
    @inline(__always)
    private static func fold(_ word: UInt64, _ underscores: inout UInt64) -> UInt64 {
        let lowered = word | 0x2020_2020_2020_2020
        let distance = lowered ^ 0x7F7F_7F7F_7F7F_7F7F
        let marks = ~(distance &+ 0x7F7F_7F7F_7F7F_7F7F) & 0x8080_8080_8080_8080
        underscores |= marks
        return lowered ^ ((marks &>> 7) &* 0x52)
    }
}
