internal import ControlPlane
internal import Settings
internal import Telemetry

/// The content of `/metrics`.
enum BalancerMetrics {
    /// Callable from any thread.
    static func text(of view: AdminView, _ data: DataMetrics) -> String {
        var text = MetricsText()
        text.metric("understudy_build_info", "gauge", "Always 1; the label names the version.")
        text.sample("understudy_build_info", [("version", Version.current)], 1)
        text.addProcess()
        text.single("understudy_uptime_seconds", "gauge", "Since this process began.", view.status.uptimeSeconds)
        text.metric(
            "understudy_certificate_expiry_timestamp_seconds", "gauge", "When a certificate in use ends, since 1970.")
        for (file, seconds) in view.expiries {
            text.sample("understudy_certificate_expiry_timestamp_seconds", [("file", file)], seconds)
        }
        text.single(
            "understudy_log_lost_total", "counter", "Lines of the log that standard error did not take in time.",
            ProcessLog.droppedLines)
        text.single(
            "understudy_log_suppressed_total", "counter", "Lines about peers that said the same again too often.",
            ProcessLog.suppressedLines)
        data.add(to: &text)
        view.addMetrics(to: &text)
        text.addOmitted()
        return text.text
    }
}
