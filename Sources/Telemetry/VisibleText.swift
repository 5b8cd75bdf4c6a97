internal import HTTP

/// Log text without invisible scalars. A peer's text stays inside its line and its quotes.
package enum VisibleText {
    /// Ends a text that was cut.
    package static let cutMark = "..."

    /// Returns the text with hidden scalars as `\u{202e}`.
    ///
    /// - Parameters:
    ///   - limit: the most UTF-8 bytes of the result, without `cutMark`, which replaces the rest.
    ///   - isQuoted: the result stands inside double quotes, so `"` and `\` are escaped too.
    package static func escaped(_ text: String, limit: Int, isQuoted: Bool = false) -> String {
        var result = ""
        var count = 0
        for scalar in text.unicodeScalars {
            let piece = piece(for: scalar, isQuoted: isQuoted)
            count += piece.utf8.count
            if count > limit { return result + cutMark }
            result += piece
        }
        return result
    }

    /// The value of a `key=value` pair: unquoted if it is one plain word, otherwise quoted.
    package static func value(_ text: String, limit: Int) -> String {
        let isBare = !text.isEmpty && text.unicodeScalars.allSatisfy { !$0.isHidden && !isSpecial($0) }
        if isBare && text.utf8.count <= limit { return text }
        return "\"\(escaped(text, limit: limit, isQuoted: true))\""
    }

    /// Returns encoded JSON with hidden scalars as `\u202e`. They occur only in strings, where both forms mean the
    /// same.
    package static func escaped(json bytes: [UInt8]) -> [UInt8] {
        if bytes.allSatisfy({ $0 < 0x7F }) { return bytes }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 16)
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            guard scalar.isHidden else {
                result += scalar.utf8
                continue
            }
            for unit in scalar.utf16 {
                let digits = String(unit, radix: 16)
                result += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".utf8
            }
        }
        return result
    }

    private static func piece(for scalar: Unicode.Scalar, isQuoted: Bool) -> String {
        if scalar.isHidden { return "\\u{\(String(scalar.value, radix: 16))}" }
        if isQuoted && (scalar == "\"" || scalar == "\\") { return "\\\(scalar)" }
        return String(scalar)
    }

    private static func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\"" || scalar == "=" || scalar == "\\"
    }
}
