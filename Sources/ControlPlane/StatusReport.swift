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
        package var inFlight: Int
        package var requestsTotal: UInt64
        package var failuresTotal: UInt64
        /// Milliseconds since the last good probe or watch; left out when there was none.
        package var lastSeenMilliseconds: Int64?
        /// Why the worker gets no requests, when it failed.
        package var reason: String?

        private enum CodingKeys: String, CodingKey {
            case id, address, port, state, reason
            case inFlight = "in_flight"
            case requestsTotal = "requests_total"
            case failuresTotal = "failures_total"
            case lastSeenMilliseconds = "last_seen_ms"
        }
    }

    package var role: String
    package var id: String
    package var epoch: UInt64
    package var pid: Int32
    package var uptimeSeconds: Int64
    package var version: String
    package var workers: [Worker]

    private enum CodingKeys: String, CodingKey {
        case role, id, epoch, pid, version, workers
        case uptimeSeconds = "uptime_s"
    }
}
