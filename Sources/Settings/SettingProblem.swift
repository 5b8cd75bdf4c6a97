package import Telemetry

/// The place of a setting in a file.
package struct SettingPlace: Equatable, Sendable, CustomStringConvertible {
    let path: String
    /// Nil for the whole file.
    let line: Int?

    package var description: String { line.map { "\(path):\($0)" } ?? path }
}

/// A mistake in a setting: what is wrong, and what to do.
package struct SettingProblem: Equatable, Sendable, CustomStringConvertible {
    /// Nil for the command line.
    let place: SettingPlace?
    let text: String

    package var description: String { place.map { "\($0): \(text)" } ?? text }
}

/// One setting as a person gave it.
struct SettingEntry: Sendable {
    let name: String
    let text: String
    /// The file has a list. `text` has commas between its values.
    var isList = false
    /// Nil for the command line.
    var place: SettingPlace?

    /// The setting's name as messages show it.
    var shownName: String { place == nil ? "--\(name)" : name }
}

extension [SettingProblem] {
    /// In the order of the lines, with those of no line at the end.
    package func sorted() -> [SettingProblem] { sorted { $0.place?.line ?? .max < $1.place?.line ?? .max } }

    /// One line for a program that can't start; nil if there is no mistake.
    package var error: CommandError? {
        guard let first else { return nil }
        return .usage(count == 1 ? "\(first)" : "\(first) (and \(count - 1) more: see the command 'check')")
    }
}
