/// The settings in force at a running process, and their origins.
package struct SettingsReport: Codable, Sendable, Equatable {
    package struct Row: Codable, Sendable, Equatable {
        package var name: String
        /// The value as a file would hold it; omitted where there is none.
        package var value: String?
        /// The rule that applies without a value.
        package var meaning: String?
        package var origin: Origin
        /// `FILE:LINE`; for a file only.
        package var place: String?
        /// A reload can change the value.
        package var isLive: Bool

        private enum CodingKeys: String, CodingKey {
            case name, value, meaning, place
            case origin = "from"
            case isLive = "live"
        }
    }

    /// See `SettingOrigin`.
    package enum Origin: String, Codable, Sendable { case `default`, option, file, predecessor }

    /// In the order of docs/options.md.
    package var settings: [Row]

    package init(of settings: Settings) {
        let rows = SettingTable.sections.flatMap { $0.rows(of: settings.program) }
        self.settings = rows.filter { $0.scope != .commandLine || $0.name == "config" }.map { row in
            let value = row.text(in: settings)
            var result = Row(
                name: row.name, value: value, meaning: value == nil ? row.defaultText(of: settings.program) : nil,
                origin: .default, isLive: row.isLive)
            switch settings.origins[row.name] {
            case nil: break
            case .option: result.origin = .option
            case .predecessor: result.origin = .predecessor
            case .file(let place):
                result.origin = .file
                result.place = place.description
            }
            return result
        }
    }
}
