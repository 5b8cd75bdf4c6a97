/// Parses the numbers in the paths and queries of tasks.
enum DecimalNumber {
    /// The number in `bytes`; nil if `bytes` is empty, contains a byte other than a digit, or exceeds `limit`.
    ///
    /// - Parameters:
    ///   - limit: 0 to 2^40, so that ten times a valid number does not overflow.
    ///   - decodesPercent: accepts `%30` to `%39` as digits (RFC 3986 2.1).
    static func read(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, limit: Int, decodesPercent: Bool) -> Int? {
        guard !bytes.isEmpty else { return nil }
        var number = 0
        var rest = bytes
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), decodesPercent {
                guard rest.popFirst() == UInt8(ascii: "3"), let digit = rest.popFirst() else { return nil }
                byte = digit
            }
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            number = number &* 10 &+ Int(digit)
            guard number <= limit else { return nil }
        }
        return number
    }

    /// The value of the query parameter `name`; nil if the query does not contain it.
    ///
    /// The function ignores other parameters and does not decode percent-encoded names.
    ///
    /// - Throws: `badParameter` if the parameter is repeated or is not a number up to `limit`.
    static func parameter(
        _ name: StaticString, of query: Slice<UnsafeBufferPointer<UInt8>>, limit: Int
    ) throws(TaskRejection) -> Int? {
        let wanted = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
        var found: Int?
        for part in query.split(separator: UInt8(ascii: "&")) {
            let mark = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            guard part[..<mark].elementsEqual(wanted) else { continue }
            let value = part[mark...].dropFirst()
            guard found == nil, let number = read(value, limit: limit, decodesPercent: true) else {
                throw .badParameter("\(name) must be a whole number from 0 to \(limit), given once")
            }
            found = number
        }
        return found
    }
}
