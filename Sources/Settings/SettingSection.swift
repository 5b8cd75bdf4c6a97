/// A part of the table: settings that help and documents show together.
package protocol SettingSection: SendableMetatype {
    static func title(for program: Settings.Program) -> String
    static var rows: [Setting] { get }
}

extension SettingSection {
    /// The rows of one program.
    static func rows(of program: Settings.Program) -> [Setting] { rows.filter { $0.programs.contains(program) } }
}
