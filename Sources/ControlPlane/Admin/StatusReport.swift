package import Cluster

/// `GET /status`.
package struct StatusReport: Codable, Sendable {
    package struct Worker: Codable, Sendable {
        package var id: String
        /// The host in the worker's registration.
        package var address: String
        package var port: UInt16
        package var state: WorkerState
        /// The balancer's outstanding requests at the worker.
        package var inFlight: Int
        package var requestsTotal: UInt64
        package var failuresTotal: UInt64
        /// Milliseconds since the last good probe or watch; omitted if there was none.
        package var lastSeenMilliseconds: Int64?
        /// The worker may start a successor. An earlier version does not send it.
        package var mayStandIn: Bool?
        /// The worker keeps a parked standby. An earlier version does not send it.
        package var hasStandby: Bool?
        /// The reason why the worker is out of the rotation, after a failure.
        package var reason: String?

        private enum CodingKeys: String, CodingKey {
            case id, address, port, state, reason
            case inFlight = "in_flight"
            case requestsTotal = "requests_total"
            case failuresTotal = "failures_total"
            case lastSeenMilliseconds = "last_seen_ms"
            case mayStandIn = "may_stand_in"
            case hasStandby = "standby_parked"
        }
    }

    /// An operator's pause of new requests.
    package struct Pause: Codable, Sendable, Equatable {
        /// Omitted if only an operator ends the pause.
        package var remainingMilliseconds: Int64?
        /// The requests that wait for a worker now.
        package var waiting: Int

        private enum CodingKeys: String, CodingKey {
            case waiting
            case remainingMilliseconds = "remaining_ms"
        }
    }

    package var role: String
    package var id: String
    package var epoch: UInt64
    /// A number of the PID namespace `pidNamespace`.
    package var pid: Int32
    /// The inode number of the balancer's PID namespace (pid_namespaces(7)). An earlier version does not send it.
    package var pidNamespace: UInt64?
    package var uptimeSeconds: Int64
    package var version: String
    /// Omitted while new requests get workers.
    package var pause: Pause?
    package var workers: [Worker]

    private enum CodingKeys: String, CodingKey {
        case role, id, epoch, pid, version, pause, workers
        case pidNamespace = "pid_namespace"
        case uptimeSeconds = "uptime_s"
    }
}
