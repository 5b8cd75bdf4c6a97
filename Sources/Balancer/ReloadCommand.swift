internal import ArgumentParser
internal import ControlPlane
internal import Settings

/// `balancer reload`.
struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .reload)

    @OptionGroup var options: CommandOptions

    func run() throws {
        try options.run(.reload) { (report: ReloadReport) in
            var lines = ["the certificates have been read again"]
            if let file = report.file {
                lines.append(report.changed.isEmpty ? "\(file) changes nothing" : "\(file) changes:")
                lines += report.changed.map { "  \($0.line)" }
            } else {
                lines.append(
                    "this balancer has no configuration file: use 'balancer --replace --config FILE' for new settings")
            }
            if !report.deferred.isEmpty {
                lines.append("these settings can't change in a running balancer: use 'balancer --replace':")
                lines += report.deferred.map { "  \($0.line)" }
            }
            return lines.joined(separator: "\n")
        }
    }
}

extension SettingsChange.Item {
    fileprivate var line: String { "\(name): \(from ?? "default") -> \(to ?? "default")" }
}
