internal import Balancing
package import Cluster
internal import Glibc
package import Settings
internal import Sockets

/// The cluster's state for operators.
extension BalancerControl {
    package func statusReport(startedAt: UInt64) -> StatusReport {
        StatusReport(
            role: "balancer", id: certificates.id.text, epoch: epoch.value, pid: getpid(),
            pidNamespace: PIDNamespace.own, uptimeSeconds: Int64((loop.now - min(startedAt, loop.now)) / 1_000_000_000),
            version: Version.current,
            pause: pauseStatus,
            workers: core.workers.map(row))
    }

    /// Nil while new requests get workers.
    var pauseStatus: StatusReport.Pause? {
        guard core.pause != nil else { return nil }
        return StatusReport.Pause(
            remainingMilliseconds: core.pauseMilliseconds(now: now), waiting: loadBalancer.waitingCount)
    }

    package var healthCounts: HealthCounts { core.counts }

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
