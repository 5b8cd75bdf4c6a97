package import Telemetry

/// New settings for a process that runs.
package struct SettingsChange: Sendable {
    /// The settings so far, with every live setting that changed.
    package private(set) var settings: Settings
    /// The names of the settings that changed.
    package private(set) var adopted: [String] = []
    /// The names of the settings that differ, and that only a new process adopts.
    package private(set) var deferred: [String] = []
    private let present: Settings
    private let wanted: Settings

    /// - Parameter wanted: of the same program.
    package init(from present: Settings, to wanted: Settings) {
        settings = present
        self.present = present
        self.wanted = wanted
        for (name, row) in SettingTable.rows(of: present.program).sorted(by: { $0.key < $1.key }) {
            guard row.text(in: present) != row.text(in: wanted) else {
                // The line may have moved.
                settings.origins[name] = wanted.origins[name]
                continue
            }
            if row.isLive {
                row.take(from: wanted, into: &settings)
                adopted.append(name)
            } else if row.scope != .commandLine {
                deferred.append(name)
            }
        }
    }
}

extension SettingsChange {
    /// One setting with its value before and after.
    package struct Item: Codable, Sendable, Equatable {
        package var name: String
        /// Omitted where there is no value.
        package var from: String?
        package var to: String?
    }

    /// The old and the wanted values of the named settings.
    package func items(_ names: [String]) -> [Item] {
        let rows = SettingTable.rows(of: present.program)
        return names.map { name in
            Item(name: name, from: rows[name]?.text(in: present), to: rows[name]?.text(in: wanted))
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
