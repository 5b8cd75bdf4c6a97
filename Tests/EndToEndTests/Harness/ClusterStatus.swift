/// The content of `GET /status`.
struct ClusterStatus: Decodable, CustomStringConvertible {
    struct Worker: Decodable {
        let id: String
        let address: String
        let port: UInt16
        let state: String
        let inFlight: Int
        let requestsTotal: Int
        let failuresTotal: Int
        let lastSeenMilliseconds: Int?
        let reason: String?
        let mayStandIn: Bool?
        let hasStandby: Bool?

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

    struct Pause: Decodable {
        let waiting: Int
        let remainingMilliseconds: Int?

        private enum CodingKeys: String, CodingKey {
            case waiting
            case remainingMilliseconds = "remaining_ms"
        }
    }

    let role: String
    let id: String
    let epoch: Int
    let pid: Int32
    let uptimeSeconds: Int
    let version: String
    let workers: [Worker]
    let pause: Pause?

    private enum CodingKeys: String, CodingKey {
        case role, id, epoch, pid, version, workers, pause
        case uptimeSeconds = "uptime_s"
    }

    /// The number of ready workers.
    var readyCount: Int { workers.count { $0.state == "ready" } }

    func worker(_ id: String) -> Worker? { workers.first { $0.id == id } }

    /// The state of a worker; nil if it is not in the registry.
    func state(of id: String) -> String? { worker(id)?.state }

    /// Requests in progress at each worker, in the order of the ids.
    var inFlight: [Int] { workers.sorted { $0.id < $1.id }.map(\.inFlight) }

    var description: String {
        "epoch \(epoch), process \(pid): "
            + workers.map { "\($0.id) \($0.state) \($0.inFlight)" }.joined(separator: ", ")
    }
}
