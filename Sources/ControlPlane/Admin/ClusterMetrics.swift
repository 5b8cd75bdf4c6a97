internal import Cluster
internal import Storage
package import Telemetry

/// The metrics of the cluster: the reign, and the workers.
extension AdminView {
    package func addMetrics(to text: inout MetricsText) {
        addReign(to: &text)
        addHealth(to: &text)
        addWorkers(to: &text)
    }

    private func addReign(to text: inout MetricsText) {
        text.single("understudy_epoch", "gauge", "The reign of this balancer.", status.epoch)
        text.metric(
            "understudy_takeovers_total", "counter", "Takeovers in this state directory, also by earlier processes.")
        text.sample("understudy_takeovers_total", [("kind", "standby")], takeovers.standby)
        text.sample("understudy_takeovers_total", [("kind", "replacement")], takeovers.replacement)
        text.single(
            "understudy_last_takeover_duration_seconds", "gauge",
            "From the order of the last takeover to the first accepted connection; 0 before the first takeover.",
            MetricsText.seconds(takeovers.lastNanoseconds ?? 0))
    }

    private func addHealth(to text: inout MetricsText) {
        text.metric("understudy_ejections_total", "counter", "Ejections of workers, by reason.")
        for reason in HealthCounts.Ejection.allCases {
            text.sample("understudy_ejections_total", [("reason", reason.rawValue)], health.count(reason))
        }
        text.single(
            "understudy_ejections_spared_total", "counter", "Ejections that panic mode has prevented.", health.spared)
        text.metric("understudy_probes_total", "counter", "Probes of workers, by result.")
        for result in HealthCounts.Probe.allCases {
            text.sample("understudy_probes_total", [("result", result.rawValue)], health.count(result))
        }
    }

    private func addWorkers(to text: inout MetricsText) {
        let rows = status.workers
        text.single(
            "understudy_standbys_parked", "gauge", "Workers that keep a parked standby.",
            rows.count { $0.hasStandby == true })
        text.metric("understudy_worker_ready", "gauge", "1 while the worker gets requests.")
        for row in rows { text.sample("understudy_worker_ready", labels(row), row.state == .ready ? 1 : 0) }
        text.metric("understudy_worker_may_stand_in", "gauge", "1 if the worker may start a successor.")
        for row in rows { text.sample("understudy_worker_may_stand_in", labels(row), row.mayStandIn == true ? 1 : 0) }
        text.metric("understudy_worker_standby_parked", "gauge", "1 while the worker keeps a parked standby.")
        for row in rows { text.sample("understudy_worker_standby_parked", labels(row), row.hasStandby == true ? 1 : 0) }
        text.metric("understudy_worker_in_flight", "gauge", "Requests under way at the worker.")
        for row in rows { text.sample("understudy_worker_in_flight", labels(row), row.inFlight) }
        text.metric("understudy_worker_requests_total", "counter", "Requests given to the worker.")
        for row in rows { text.sample("understudy_worker_requests_total", labels(row), row.requestsTotal) }
        text.metric("understudy_worker_failures_total", "counter", "Requests that the worker failed.")
        for row in rows { text.sample("understudy_worker_failures_total", labels(row), row.failuresTotal) }
    }

    private func labels(_ row: StatusReport.Worker) -> [(String, String)] { [("worker", row.id)] }
}
