/// Formats HTTP dates as IMF-fixdate, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 5.6.7), by arithmetic alone.
package enum HTTPDate {
    private static let secondsPerDay: Int64 = 86400
    /// 9999-12-31 23:59:59, because the format has four digits for the year.
    private static let latest: Int64 = 253_402_300_799

    /// Appends a date of 29 bytes.
    ///
    /// - Parameter unixSeconds: seconds since 1970-01-01 00:00:00 UTC, clamped to the years 1970 to 9999.
    package static func append(unixSeconds: Int64, to buffer: inout ByteBuffer) {
        let time = min(max(unixSeconds, 0), latest)
        let days = time / secondsPerDay
        let second = time % secondsPerDay
        let date = civil(days)

        buffer.append(weekday(days))
        buffer.append(", ")
        buffer.append(UInt64(date.day), digits: 2, base: 10)
        buffer.append(byte: 0x20)
        buffer.append(month(date.month))
        buffer.append(byte: 0x20)
        buffer.append(UInt64(date.year), digits: 4, base: 10)
        buffer.append(byte: 0x20)
        buffer.append(UInt64(second / 3600), digits: 2, base: 10)
        buffer.append(byte: 0x3A)
        buffer.append(UInt64(second / 60 % 60), digits: 2, base: 10)
        buffer.append(byte: 0x3A)
        buffer.append(UInt64(second % 60), digits: 2, base: 10)
        buffer.append(" GMT")
    }

    /// The Gregorian date `days` days after 1970-01-01.
    ///
    /// The calculation counts from 0000-03-01, so that the leap day is the last day of its year. Then every 400 years
    /// have 146,097 days, and (153 m + 2) / 5 is the number of days before month m, counted from March.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    private static func weekday(_ days: Int64) -> StaticString {
        // 1970-01-01 was a Thursday.
        switch days % 7 {
        case 0: "Thu"
        case 1: "Fri"
        case 2: "Sat"
        case 3: "Sun"
        case 4: "Mon"
        case 5: "Tue"
        default: "Wed"
        }
    }

    private static func month(_ number: Int64) -> StaticString {
        switch number {
        case 1: "Jan"
        case 2: "Feb"
        case 3: "Mar"
        case 4: "Apr"
        case 5: "May"
        case 6: "Jun"
        case 7: "Jul"
        case 8: "Aug"
        case 9: "Sep"
        case 10: "Oct"
        case 11: "Nov"
        default: "Dec"
        }
    }
}
