/// A set of ASCII bytes, stored as two words.
///
/// A membership test is a shift and a comparison: no table in memory, no lazy initialisation, no bounds check. The
/// tests rebuild each constant from the grammar that its comment names.
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

    /// The bytes of a method that the parser accepts: upper case, digits, `-` and `_`.
    ///
    /// The grammar allows any token, but no registered method uses other bytes. An attacker sends `get` for `GET` so
    /// that two parsers see different requests.
    static var method: ByteSet { ByteSet(low: 0x03FF_2000_0000_0000, high: 0x0000_0000_87FF_FFFE) }

    /// `unreserved` and `sub-delims` of a `reg-name` (RFC 3986 3.2.2). The caller checks percent-encoded bytes
    /// separately.
    static var registeredName: ByteSet { ByteSet(low: 0x2BFF_7FD2_0000_0000, high: 0x47FF_FFFE_87FF_FFFE) }

    /// The bytes of an IPv6 address: hexadecimal digits, `:` and `.`.
    static var addressLiteral: ByteSet { ByteSet(low: 0x07FF_4000_0000_0000, high: 0x0000_007E_0000_007E) }
}
