package import Cluster

/// `GET /status`.
package struct StatusReport: Codable, Sendable {
    package struct Worker: Codable, Sendable {
        package var id: String
        /// The host that the worker gave.
        package var address: String
        package var port: UInt16
        package var state: WorkerState
        /// Requests that the balancer has under way there.
        package var in_flight: Int
        package var requests_total: UInt64
        package var failures_total: UInt64
        /// Milliseconds since the last good probe or watch; null when there was none.
        package var last_seen_ms: Int64?
        /// Why the worker gets no requests, when it failed.
        package var reason: String?
    }

    package var role: String
    package var id: String
    package var epoch: UInt64
    package var pid: Int32
    package var uptime_s: Int64
    package var version: String
    package var workers: [Worker]
}
