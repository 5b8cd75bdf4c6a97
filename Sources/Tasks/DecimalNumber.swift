/// Reads the numbers that tasks take from paths and queries.
enum DecimalNumber {
    /// The number, or nil when `bytes` are not digits only, are none at all, or say more than `limit`.
    ///
    /// - Parameters:
    ///   - limit: 0 to 2^40, so that ten times a number within it can't overflow.
    ///   - decodesPercent: takes `%30` to `%39` for the digits that they stand for (RFC 3986 2.1).
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

    /// The number that the parameter `name` of a query has; nil when it is not there.
    ///
    /// Other parameters are ignored, as is the encoding of names.
    ///
    /// - Throws: `badParameter` when the parameter is given twice, or is no number up to `limit`.
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
