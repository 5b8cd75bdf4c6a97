internal import Storage

/// The JSON schema of a program's configuration file (draft 7), for editors. It comes from the table of settings.
///
/// A schema can't say everything: units and the settings that exclude each other are left to `check`.
package enum SettingsSchema {
    /// One line for each setting, so that a change shows as one.
    package static func text(of program: Settings.Program) -> String {
        let rows = SettingTable.sections.flatMap { $0.rows(of: program) }.filter { $0.scope != .commandLine }
        let lines = rows.map { row in "    \(json(row.name)): \(json(Property(row, of: program)))" }
        return """
            {
              "$schema": "http://json-schema.org/draft-07/schema#",
              "title": \(json("The configuration file of an Understudy \(program.rawValue)")),
              "type": ["object", "null"],
              "additionalProperties": false,
              "properties": {
            \(lines.joined(separator: ",\n"))
              }
            }

            """
    }

    private static func json(_ value: some Encodable) -> String { String(decoding: JSON.encode(value), as: UTF8.self) }

    /// The schema of one setting.
    private struct Property: Encodable {
        var description: String
        var anyOf: [Form]

        init(_ row: Setting, of program: Settings.Program) {
            let range = row.kind.range.map { " \($0);" } ?? ""
            let live = row.isLive ? " A running process adopts it." : ""
            description = "\(row.help).\(range) default: \(row.defaultText(of: program)).\(live)"
            anyOf = Form.all(of: row.kind) + (row.isList ? [Form.list] : [])
        }
    }

    /// The permitted values. YAML reads a plain `5` as a number and a quoted one as a text, and the file's reader takes both.
    private struct Form: Encodable {
        var type: String?
        var minimum: Int?
        var maximum: Int?
        var minLength: Int?
        var pattern: String?
        var `enum`: [String]?
        var items: [String: String]?
        var minItems: Int?

        static let list = Form(type: "array", items: ["type": "string"], minItems: 1)

        static func all(of kind: SettingKind) -> [Form] {
            switch kind {
            case .flag: [Form(type: "boolean"), Form(enum: ["true", "false"])]
            case .integer(let range): number(range) + [Form(type: "string", pattern: "^[0-9]{1,12}$")]
            case .time(let range):
                // A number without a unit is in seconds.
                number((range.lowerBound + 999) / 1000...range.upperBound / 1000) + [text(units: "ms|s|m|h")]
            case .seconds(let range): number(range) + [text(units: "ms|s|m|h")]
            case .bytes(let range): number(range) + [text(units: "KiB|MiB")]
            case .text(let form):
                form.choices.map { [Form(enum: $0)] } ?? [Form(type: "string", minLength: 1), Form(type: "number")]
            }
        }

        private static func number(_ range: ClosedRange<Int>) -> [Form] {
            [Form(type: "integer", minimum: range.lowerBound, maximum: range.upperBound)]
        }

        private static func text(units: String) -> Form {
            Form(type: "string", pattern: "^[0-9]{1,12}(\(units))?$")
        }
    }
}
