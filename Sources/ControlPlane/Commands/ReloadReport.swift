package import Settings

/// The answer to a reload that was not refused. The certificates have been read again too.
package struct ReloadReport: Codable, Sendable, Equatable {
    /// The configuration file; omitted if the process has none.
    package var file: String?
    /// The live settings that changed.
    package var changed: [SettingsChange.Item]
    /// The settings that differ, and that only a new process adopts.
    package var deferred: [SettingsChange.Item]

    /// - Parameter change: nil without a configuration file.
    package init(_ change: SettingsChange?, file: String?) {
        self.file = file
        changed = change.map { $0.items($0.adopted) } ?? []
        deferred = change.map { $0.items($0.deferred) } ?? []
    }
}
