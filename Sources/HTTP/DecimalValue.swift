/// A number in the value of a field: `1*DIGIT`, without a sign.
package enum DecimalValue {
    /// Nineteen digits fit into a UInt64 in any case.
    private static let safeDigits = 19

    /// The number in `text`; nil if `text` is not only digits, has more than 20 of them, or exceeds `limit`.
    package static func read(_ text: UnsafeBufferPointer<UInt8>, limit: UInt64 = .max) -> UInt64? {
        guard !text.isEmpty, text.count <= safeDigits + 1 else { return nil }
        var number: UInt64 = 0
        for (index, byte) in text.enumerated() {
            let digit = byte &- 0x30
            guard digit < 10 else { return nil }
            if index == safeDigits, number > (UInt64.max - UInt64(digit)) / 10 { return nil }
            number = number &* 10 &+ UInt64(digit)
        }
        return number <= limit ? number : nil
    }
}
