internal import Cluster
internal import Sockets
internal import Storage

/// The facts that the page shows, as one event of `/events`. Its size is bounded: a part of a large cluster is enough for a
/// person, and `/status` has all of it.
struct PageEvent: Codable {
    /// Workers of one event. Those in trouble come first.
    static let maximumWorkers = 200
    /// Characters of a reason. A worker may choose a part of it.
    static let maximumReason = 300

    struct Reign: Codable {
        var id: String
        var host: String
        /// The public address, as a URL.
        var address: String
        var epoch: UInt64
        var pid: Int32
        /// The start of the reign, in seconds since 1970.
        var since: Int64
        var version: String
    }

    struct Takeovers: Codable {
        var standby: UInt64
        var replacement: UInt64
        /// The duration of the last one, in milliseconds.
        var last: Double?

        private enum CodingKeys: String, CodingKey {
            case standby, replacement
            case last = "last_ms"
        }
    }

    struct Traffic: Codable {
        var rate: Double?
        var errorRate: Double?
        var p50: Latency?
        var p99: Latency?
        /// Requests of the last ten seconds, and their 5xx responses.
        var recent: UInt64
        var errors: UInt64
        var requests: UInt64
        var inFlight: Int
        var waiting: Int
        var connections: Int

        private enum CodingKeys: String, CodingKey {
            case rate, p50, p99, recent, errors, requests, waiting, connections
            case errorRate = "error_rate"
            case inFlight = "in_flight"
        }
    }

    struct Service: Codable {
        var name: String
        var routes: [String]
        var ready: Int
        var workers: Int
        var inFlight: Int
        var waiting: Int
        var rate: Double?

        private enum CodingKeys: String, CodingKey {
            case name, routes, ready, workers, waiting, rate
            case inFlight = "in_flight"
        }
    }

    struct Worker: Codable {
        var id: String
        var address: String
        var state: WorkerState
        var reason: String?
        var standby: Bool
        var inFlight: Int
        var rate: Double?
        var failures: UInt64
        /// Failures of the last ten seconds.
        var recentFailures: UInt64

        private enum CodingKeys: String, CodingKey {
            case id, address, state, reason, standby, rate, failures
            case inFlight = "in_flight"
            case recentFailures = "recent_failures"
        }
    }

    struct Certificate: Codable {
        var file: String
        /// In seconds since 1970.
        var ends: Int
    }

    /// Milliseconds since 1970.
    var time: Int64
    var reign: Reign
    var takeovers: Takeovers
    var traffic: Traffic
    var services: [Service]
    var workers: [Worker]
    var hiddenWorkers: Int
    var certificates: [Certificate]

    private enum CodingKeys: String, CodingKey {
        case time, reign, takeovers, traffic, services, workers, certificates
        case hiddenWorkers = "hidden_workers"
    }
}

extension PageEvent {
    /// - Parameters:
    ///   - sample: the last one of `window`.
    ///   - unixMilliseconds: the time of the event.
    init(of view: AdminView, _ sample: TrafficSample, _ window: TrafficWindow, unixMilliseconds: Int64) {
        let status = view.status
        time = unixMilliseconds
        reign = Reign(
            id: status.id, host: view.reign.host, address: view.reign.address, epoch: status.epoch, pid: status.pid,
            since: view.reign.since, version: status.version)
        takeovers = Takeovers(
            standby: view.takeovers.standby, replacement: view.takeovers.replacement,
            last: view.takeovers.lastNanoseconds.map { (Double($0) / 100_000).rounded() / 10 })
        let recent = window.recent
        traffic = Traffic(
            rate: window.rate.map(PageEvent.rounded), errorRate: window.errorRate.map(PageEvent.rounded),
            p50: window.latency(0.5), p99: window.latency(0.99), recent: recent.requests, errors: recent.errors,
            requests: sample.requests, inFlight: sample.inFlight, waiting: sample.waiting,
            connections: sample.connections)
        // There is one service so far, with one route for every request.
        services = [
            Service(
                name: "default", routes: ["/"], ready: status.workers.count { $0.state == .ready },
                workers: status.workers.count, inFlight: sample.inFlight, waiting: sample.waiting,
                rate: window.rate.map(PageEvent.rounded))
        ]
        let ready = status.workers.filter { $0.state == .ready }
        let shown = (status.workers.filter { $0.state != .ready } + ready).prefix(PageEvent.maximumWorkers)
        workers = shown.map { Worker($0, window) }
        hiddenWorkers = status.workers.count - workers.count
        certificates = view.expiries.map { Certificate(file: $0.file, ends: $0.seconds) }
    }

    static func rounded(_ rate: Double) -> Double { (rate * 10).rounded() / 10 }

    /// The event as a browser's EventSource reads it. JSON has no line break outside of a string, and escapes those in one.
    var text: [UInt8] { Array("data: ".utf8) + JSON.encode(self) + Array("\n\n".utf8) }
}

extension PageEvent.Worker {
    fileprivate init(_ row: StatusReport.Worker, _ window: TrafficWindow) {
        self.init(
            id: row.id, address: SocketAddress(host: row.address, port: row.port)?.description ?? row.address,
            state: row.state, reason: row.reason.map { String($0.prefix(PageEvent.maximumReason)) },
            standby: row.hasStandby == true, inFlight: row.inFlight,
            rate: window.rate(of: row.id).map(PageEvent.rounded), failures: row.failuresTotal,
            recentFailures: window.recentFailures(of: row.id))
    }
}
