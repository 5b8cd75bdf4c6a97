internal import ControlPlane
internal import Logging
internal import Settings
internal import Telemetry

/// Reads the configuration file and the certificates of a running balancer again, for SIGHUP and for `balancer reload`.
struct ConfigurationReload {
    let context: BalancerContext
    let certificates: CertificateWatch?
    /// Uses the live settings of a change.
    let adopt: (SettingsChange) -> Void

    /// All or nothing: if the file or a certificate has a mistake, nothing changes. The log says the same as the result.
    func run() throws(CommandError) -> ReloadReport {
        let change: SettingsChange?
        do throws(CommandError) {
            change = try context.settings.readAgain()
        } catch {
            context.log.error("nothing is reloaded, because the configuration file has a mistake: \(error)")
            throw error
        }
        try certificates?.readOrThrow()
        let report = ReloadReport(change, file: context.settings.configurationFile)
        if let change {
            adopt(change)
            if !change.deferred.isEmpty {
                context.log.warning(
                    "these settings can't change in a running balancer: use 'balancer --replace'",
                    metadata: ["settings": "\(change.deferred.joined(separator: ","))"])
            }
        }
        return report
    }
}
