/// The origin of a setting's value. A setting without an origin has its default.
package enum SettingOrigin: Equatable, Sendable {
    /// An option of the command line.
    case option
    case file(SettingPlace)
    /// The balancer before this one.
    case predecessor
}

extension Settings {
    /// These settings of a standby. Its command line repeats the settings of the balancer that it follows.
    package var ofStandby: Settings {
        var settings = self
        let rows = SettingTable.rows(of: program)
        for (name, origin) in origins where origin == .option {
            if let scope = rows[name]?.scope, scope == .host || scope == .cluster {
                settings.origins[name] = .predecessor
            }
        }
        return settings
    }
}
