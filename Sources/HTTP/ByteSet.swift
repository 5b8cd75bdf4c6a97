/// A set of ASCII bytes as two words, so that membership is a shift and a test: no table in memory, no lazy
/// initialisation, no bounds check. The tests rebuild each constant from the grammar that its comment names.
struct ByteSet {
    /// Members below 64.
    let low: UInt64
    /// Members from 64 to 127.
    let high: UInt64

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        let word = byte & 0x40 == 0 ? low : high
        return byte < 0x80 && (word &>> UInt64(byte & 0x3F)) & 1 != 0
    }

    /// `tchar` (RFC 9110 5.6.2).
    static var token: ByteSet { ByteSet(low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE) }

    /// What we take as a method: upper case, digits, `-` and `_`. The grammar says token, yet no registered method has
    /// more, and `get` for `GET` is how one parser is made to see another request than the next.
    static var method: ByteSet { ByteSet(low: 0x03FF_2000_0000_0000, high: 0x0000_0000_87FF_FFFE) }

    /// `unreserved` and `sub-delims` of a `reg-name` (RFC 3986 3.2.2); percent triplets are checked apart.
    static var registeredName: ByteSet { ByteSet(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    /// Hexadecimal digits, `:` and `.`: what an IPv6 address is made of.
    static var addressLiteral: ByteSet { ByteSet(low: 0x07FF_4000_0000_0000, high: 0x0000_007E_0000_007E) }
}
