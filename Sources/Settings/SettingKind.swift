/// The value of a setting.
package enum SettingValue: Sendable, Equatable {
    case flag(Bool)
    case number(Int)
    case text(String)
}

/// The texts that are values of a setting, and the text of a value.
package enum SettingKind: Sendable {
    /// An option without a value; `true` or `false` in a file.
    case flag
    case integer(ClosedRange<Int>)
    /// A time in milliseconds. A number without a unit means seconds.
    case time(ClosedRange<Int>)
    /// A time of whole seconds, in seconds. A number without a unit means seconds.
    case seconds(ClosedRange<Int>)
    case bytes(ClosedRange<Int>)
    case text(SettingText)

    static let dayMilliseconds = 86_400_000

    /// The milliseconds of a time on the command line, up to a day; nil for a text that is no time.
    package static func milliseconds(of text: String) -> Int64? {
        guard case .number(let number)? = SettingKind.time(1...dayMilliseconds).value(of: text) else { return nil }
        return Int64(number)
    }

    /// Nil for a text that is no value of this kind, or out of its range.
    func value(of text: String) -> SettingValue? {
        switch self {
        case .flag: text == "true" ? .flag(true) : text == "false" ? .flag(false) : nil
        case .integer(let range): number(text, [("", 1)], in: range)
        case .time(let range): number(text, Self.timeUnits, in: range)
        case .seconds(let range): wholeSeconds(text, in: range)
        case .bytes(let range): number(text, [("KiB", 1 << 10), ("MiB", 1 << 20), ("", 1)], in: range)
        case .text(let form): form.accepts(text) ? .text(text) : nil
        }
    }

    /// In milliseconds.
    private static let timeUnits = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("", 1000)]

    private func wholeSeconds(_ text: String, in range: ClosedRange<Int>) -> SettingValue? {
        let milliseconds = number(text, Self.timeUnits, in: range.lowerBound * 1000...range.upperBound * 1000)
        guard case .number(let milliseconds)? = milliseconds, milliseconds % 1000 == 0 else { return nil }
        return .number(milliseconds / 1000)
    }

    /// A whole number with one of the units.
    private func number(_ text: String, _ units: [(String, Int)], in range: ClosedRange<Int>) -> SettingValue? {
        for (unit, factor) in units where text.hasSuffix(unit) {
            let digits = text.dropLast(unit.count)
            // Twelve digits times any factor fit into an Int.
            guard (1...12).contains(digits.utf8.count), digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
                let number = Int(digits)
            else { continue }
            return range.contains(number * factor) ? .number(number * factor) : nil
        }
        return nil
    }

    func text(of value: SettingValue) -> String {
        switch (self, value) {
        case (.time, .number(let number)): SettingKind.time(number)
        case (.bytes, .number(let number)): SettingKind.bytes(number)
        case (_, .number(let number)): "\(number)"
        case (_, .flag(let isSet)): isSet ? "true" : "false"
        case (_, .text(let text)): text
        }
    }

    private static func time(_ milliseconds: Int) -> String {
        // People say 60s and 90s, and 5m.
        if milliseconds > 0 && milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000)h" }
        if milliseconds >= 300_000 && milliseconds % 60_000 == 0 { return "\(milliseconds / 60_000)m" }
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000)s" : "\(milliseconds)ms"
    }

    private static func bytes(_ count: Int) -> String {
        if count >= 1 << 20 && count % (1 << 20) == 0 { return "\(count >> 20)MiB" }
        return count >= 1 << 10 && count % (1 << 10) == 0 ? "\(count >> 10)KiB" : "\(count)"
    }

    /// The value's name in the help.
    var valueName: String {
        switch self {
        case .flag: ""
        case .integer: "number"
        case .time: "time"
        case .seconds: "seconds"
        case .bytes: "bytes"
        case .text(let form): form.valueName
        }
    }

    /// Completes the message "use ...".
    var wanted: String {
        switch self {
        case .flag: "true or false"
        case .integer(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .time(let range):
            "a time such as 500ms, 10s, 2m or 1h, from \(SettingKind.time(range.lowerBound))"
                + " to \(SettingKind.time(range.upperBound))"
        case .seconds(let range):
            "whole seconds such as 30, 30s or 2m, from \(SettingKind.time(range.lowerBound * 1000))"
                + " to \(SettingKind.time(range.upperBound * 1000))"
        case .bytes(let range):
            "bytes such as 8192 or 8KiB, from \(SettingKind.bytes(range.lowerBound))"
                + " to \(SettingKind.bytes(range.upperBound))"
        case .text(let form): form.wanted
        }
    }

    /// The range as help and documents show it; nil for a kind without one.
    var range: String? {
        switch self {
        case .flag, .text: nil
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .time(let range): "\(SettingKind.time(range.lowerBound)) to \(SettingKind.time(range.upperBound))"
        case .seconds(let range):
            "\(SettingKind.time(range.lowerBound * 1000)) to \(SettingKind.time(range.upperBound * 1000))"
        case .bytes(let range):
            "\(SettingKind.bytes(range.lowerBound)) to \(SettingKind.bytes(range.upperBound))"
        }
    }
}
