internal import ArgumentParser
internal import Settings

/// `balancer settings`.
struct SettingsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .settings)

    @OptionGroup var options: CommandOptions

    func run() throws {
        try options.run(.settings) { (report: SettingsReport) in
            TextTable.text(
                head: ["SETTING", "VALUE", "FROM", "LIVE"],
                rows: report.settings.map { row in
                    [
                        row.name, row.value ?? "(\(row.meaning ?? ""))", row.place ?? row.origin.rawValue,
                        row.isLive ? "yes" : "",
                    ]
                })
        }
    }
}
