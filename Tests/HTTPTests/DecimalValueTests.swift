import Testing

@testable import HTTP

@Suite struct DecimalValueTests {
    @Test(
        arguments: [
            ("0", 0), ("7", 7), ("0042", 42), ("18446744073709551615", UInt64.max),
            ("9999999999999999999", 9_999_999_999_999_999_999),
            ("18446744073709551616", nil), ("18446744073709551625", nil), ("99999999999999999999", nil),
            ("000000000000000000001", nil), ("", nil), ("+5", nil), ("-5", nil), (" 5", nil), ("5 ", nil), ("0x5", nil),
            ("5/", nil), ("5:", nil),
        ] as [(String, UInt64?)]) func onlyDigitsAreANumber(text: String, number: UInt64?)
    {
        Array(text.utf8).withUnsafeBufferPointer { #expect(DecimalValue.read($0) == number) }
    }

    @Test func aLimitBoundsTheNumber() {
        Array("500".utf8).withUnsafeBufferPointer {
            #expect(DecimalValue.read($0, limit: 500) == 500)
            #expect(DecimalValue.read($0, limit: 499) == nil)
        }
    }
}
