package import Telemetry

/// New settings for a process that runs.
package struct SettingsChange: Sendable {
    /// The settings so far, with every live setting that changed.
    package private(set) var settings: Settings
    /// The names of the settings that changed.
    package private(set) var adopted: [String] = []
    /// The names of the settings that differ, and that only a new process adopts.
    package private(set) var deferred: [String] = []

    /// - Parameter wanted: of the same program.
    package init(from present: Settings, to wanted: Settings) {
        settings = present
        for (name, row) in SettingTable.rows(of: present.program).sorted(by: { $0.key < $1.key }) {
            guard row.text(in: present) != row.text(in: wanted) else { continue }
            if row.isLive {
                row.take(from: wanted, into: &settings)
                adopted.append(name)
            } else if row.scope != .commandLine {
                deferred.append(name)
            }
        }
    }
}

extension Settings {
    /// The texts from which settings were read.
    struct Source: Sendable {
        var commandLine: [String: String] = [:]
        var base: [String: String] = [:]
    }

    /// Reads the configuration file again, with the same command line.
    ///
    /// - Returns: nil if the process has no configuration file.
    package func readAgain() throws(CommandError) -> SettingsChange? {
        guard configurationFile != nil else { return nil }
        let wanted = try Settings.load(program, commandLine: source.commandLine, over: source.base)
        return SettingsChange(from: self, to: wanted)
    }

    /// The change to the settings of the balancer that runs on this host, for a standby.
    package func following(_ configuration: BalancerConfiguration) -> SettingsChange {
        var problems: [SettingProblem] = []
        let wanted = Settings(.balancer, base: configuration.texts, commandLine: [], &problems)
        return SettingsChange(from: self, to: wanted)
    }
}
