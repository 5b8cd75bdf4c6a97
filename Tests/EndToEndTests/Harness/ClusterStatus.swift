/// `GET /status`, as an outsider reads it.
struct ClusterStatus: Decodable, CustomStringConvertible {
    struct Worker: Decodable {
        let id: String
        let address: String
        let port: UInt16
        let state: String
        let in_flight: Int
        let requests_total: Int
        let failures_total: Int
        let last_seen_ms: Int?
        let reason: String?
    }

    let role: String
    let id: String
    let epoch: Int
    let pid: Int32
    let uptime_s: Int
    let version: String
    let workers: [Worker]

    /// How many workers are ready.
    var readyCount: Int { workers.count { $0.state == "ready" } }

    func worker(_ id: String) -> Worker? { workers.first { $0.id == id } }

    /// The state of a worker; nil when it is not in the registry.
    func state(of id: String) -> String? { worker(id)?.state }

    /// Requests under way at each worker, in the order of the ids.
    var inFlight: [Int] { workers.sorted { $0.id < $1.id }.map(\.in_flight) }

    var description: String {
        "epoch \(epoch), process \(pid): " + workers.map { "\($0.id) \($0.state) \($0.in_flight)" }.joined(separator: ", ")
    }
}
