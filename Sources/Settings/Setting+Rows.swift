/// A value with a text form of its own, such as a balancing policy.
protocol TextValue: Sendable {
    /// Nil for a text that is no value.
    init?(_ text: String)
    var text: String { get }
}

/// The path of a field that a row reads and writes.
typealias SettingPath<Value> = any WritableKeyPath<Settings, Value> & Sendable

/// Rows by the type of their field.
extension Setting {
    static func flag(_ name: String, _ path: SettingPath<Bool>, _ help: String) -> Setting {
        Setting(
            name, .flag, help,
            store: { if case .flag(let value) = $1 { $0[keyPath: path] = value } },
            load: { .flag($0[keyPath: path]) },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    /// A whole number.
    static func count<Number: FixedWidthInteger & SendableMetatype>(
        _ name: String, _ path: SettingPath<Number>, _ range: ClosedRange<Int>, _ help: String
    ) -> Setting {
        number(name, .integer(range), path, help)
    }

    /// A whole number, or nothing.
    static func count(
        _ name: String, _ path: SettingPath<Int?>, _ range: ClosedRange<Int>, unset: String, _ help: String
    ) -> Setting {
        Setting(
            name, .integer(range), help, unset: unset,
            store: { if case .number(let value) = $1 { $0[keyPath: path] = value } },
            load: { $0[keyPath: path].map { .number($0) } },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    static func bytes(
        _ name: String, _ path: SettingPath<Int>, _ range: ClosedRange<Int>, _ help: String
    ) -> Setting {
        number(name, .bytes(range), path, help)
    }

    /// Milliseconds, at most a day.
    static func time<Number: FixedWidthInteger & SendableMetatype>(
        _ name: String, _ path: SettingPath<Number>, from least: Int = 1, _ help: String
    ) -> Setting {
        number(name, .time(least...SettingKind.dayMilliseconds), path, help)
    }

    /// Milliseconds, at most a day, or nothing.
    static func time(
        _ name: String, _ path: SettingPath<Int?>, unset: String, _ help: String
    ) -> Setting {
        Setting(
            name, .time(1...SettingKind.dayMilliseconds), help, unset: unset,
            store: { if case .number(let value) = $1 { $0[keyPath: path] = value } },
            load: { $0[keyPath: path].map { .number($0) } },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    /// Whole seconds.
    static func seconds(
        _ name: String, _ path: SettingPath<Int>, _ range: ClosedRange<Int>, _ help: String
    ) -> Setting {
        number(name, .seconds(range), path, help)
    }

    static func text(
        _ name: String, _ path: SettingPath<String>, _ form: SettingText, _ help: String
    ) -> Setting {
        Setting(
            name, .text(form), help,
            store: { if case .text(let value) = $1 { $0[keyPath: path] = value } },
            load: { .text($0[keyPath: path]) },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    /// A text, or nothing.
    static func text(
        _ name: String, _ path: SettingPath<String?>, _ form: SettingText, unset: String, _ help: String
    ) -> Setting {
        Setting(
            name, .text(form), help, unset: unset,
            store: { if case .text(let value) = $1 { $0[keyPath: path] = value } },
            load: { $0[keyPath: path].map { .text($0) } },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    /// A value that reads its text itself.
    ///
    /// - Parameter wanted: completes the message "use ...".
    static func value<Value: TextValue>(
        _ name: String, _ path: SettingPath<Value>, valueName: String, wanted: String, _ help: String
    ) -> Setting {
        let form = SettingText(valueName: valueName, wanted: wanted) { Value($0) != nil }
        return Setting(
            name, .text(form), help,
            store: { if case .text(let text) = $1, let value = Value(text) { $0[keyPath: path] = value } },
            load: { .text($0[keyPath: path].text) },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    /// The same, or nothing.
    static func value<Value: TextValue>(
        _ name: String, _ path: SettingPath<Value?>, valueName: String, wanted: String, unset: String,
        _ help: String
    ) -> Setting {
        let form = SettingText(valueName: valueName, wanted: wanted) { Value($0) != nil }
        return Setting(
            name, .text(form), help, unset: unset,
            store: { if case .text(let text) = $1 { $0[keyPath: path] = Value(text) } },
            load: { $0[keyPath: path].map { .text($0.text) } },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }

    private static func number<Number: FixedWidthInteger & SendableMetatype>(
        _ name: String, _ kind: SettingKind, _ path: SettingPath<Number>, _ help: String
    ) -> Setting {
        Setting(
            name, kind, help,
            store: { if case .number(let value) = $1 { $0[keyPath: path] = Number(clamping: value) } },
            load: { .number(Int(clamping: $0[keyPath: path])) },
            copy: { $0[keyPath: path] = $1[keyPath: path] })
    }
}
