internal import Balancing
package import Cluster
internal import Glibc
package import Settings
internal import Sockets
package import Telemetry

/// The cluster's state for operators.
extension BalancerControl {
    package func statusReport(startedAt: UInt64) -> StatusReport {
        StatusReport(
            role: "balancer", id: certificates.id.text, epoch: epoch.value, pid: getpid(),
            pidNamespace: PIDNamespace.own, uptimeSeconds: Int64((loop.now - min(startedAt, loop.now)) / 1_000_000_000),
            version: Version.current,
            workers: core.workers.map(row))
    }

    private func row(_ status: WorkerStatus) -> StatusReport.Worker {
        let load = loadBalancer.load(of: status.record.id)
        return StatusReport.Worker(
            id: status.record.id.text, address: status.record.host, port: status.record.port,
            state: status.record.state,
            inFlight: load?.outstanding ?? 0, requestsTotal: load?.requests ?? 0, failuresTotal: load?.failures ?? 0,
            lastSeenMilliseconds: status.lastSeen.map { now.milliseconds(since: $0) },
            mayStandIn: status.record.mayStandIn, hasStandby: status.hasStandby, reason: status.reason)
    }
}

extension StatusReport {
    /// Adds the metrics of the workers.
    package func addMetrics(to text: inout MetricsText) {
        let rows = workers
        text.single("understudy_epoch", "gauge", "The reign of this balancer.", epoch)
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

    private func labels(_ row: Worker) -> [(String, String)] { [("worker", row.id)] }
}
