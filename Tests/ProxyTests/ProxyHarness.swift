import Cluster
import Connections
import Foundation
import Proxy
import Sockets
import Synchronization
import TestSupport

/// A proxy on a loop of its own, before workers that the test plays.
final class ProxyHarness {
    struct Worker {
        var id: String
        var port: UInt16
        var incarnation: UInt64 = 1
        var state = WorkerState.ready
        var maximumRequests = 0
    }

    let roster: Roster
    let policy: ProxyPolicy
    let server: TestServer
    /// What the observer was told, in order.
    let events = EventLog()
    private let service: LoopBound<ProxyService>
    private var ids: [NodeID] = []

    init(
        _ workers: [Worker] = [], policy: ProxyPolicy = ProxyPolicy(place: .edge, scheme: "http"),
        selection: SelectionPolicy = .fewest, rosterLimits: RosterLimits = RosterLimits(),
        rate: RateLimiter.Rate? = nil,
        limits: UpstreamLimits = UpstreamLimits(),
        downstream: DownstreamLimits = DownstreamLimits(),
        provider: TransportProvider = TransportProvider(), wrap: @escaping (any Service) -> any Service = { $0 }
    ) throws {
        self.policy = policy
        roster = Roster(seed: 7, policy: selection, limits: rosterLimits)
        var made: ProxyService?
        let (roster, events) = (roster, events)
        server = try TestServer(limits: downstream, protocols: [.http2, .http1]) { loop in
            var observer = ProxyService.Observer()
            observer.failed = { subject, failure in events.add("failed \(subject.id): \(failure)") }
            observer.succeededAgain = { subject in events.add("succeeded again \(subject.id)") }
            observer.fenced = { subject, epoch in events.add("fenced by \(subject.id): \(epoch)") }
            let service = ProxyService(
                loop: loop, roster: roster, policy: policy, provider: provider, limits: limits,
                rateLimiter: rate.map { RateLimiter($0) }, observer: observer)
            made = service
            return wrap(service)
        }
        guard let made else { throw RawSocketError.malformed("no service was made") }
        service = LoopBound(made)
        set(workers)
    }

    deinit {
        // Pools hold themselves while they have connections.
        set([])
    }

    /// Says who the workers are from now on.
    func set(_ workers: [Worker]) {
        ids = workers.compactMap { NodeID($0.id) }
        let entries = workers.compactMap { worker in
            NodeID(worker.id).map {
                RosterEntry(
                    id: $0, incarnation: worker.incarnation, host: "127.0.0.1", port: worker.port,
                    maximumRequests: worker.maximumRequests, state: worker.state)
            }
        }
        let (roster, service) = (roster, service)
        onLoop {
            roster.update(entries) { entry in
                SocketAddress(host: entry.host, port: entry.port).map {
                    UpstreamEndpoint(address: $0, host: entry.host, expectation: .anybody)
                }
            }
            service.value.rosterChanged()
        }
    }

    /// Certificates have been renewed.
    func reload() {
        let service = service
        onLoop { service.value.reload(TransportProvider()) }
    }

    /// The successor's epoch has been put into the policy.
    func epochChanged() {
        let service = service
        onLoop { service.value.epochChanged() }
    }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: server.port, receiveBuffer: receiveBuffer)
    }

    func onLoop<Value>(_ body: @escaping () -> Value) -> Value { server.thread.onLoop(body) }

    func eventually(_ condition: @escaping () -> Bool) -> Bool { server.thread.eventually(condition) }

    var counters: ProxyCounters { service.value.counters }

    /// Whether so many requests have been put into the queue, now or soon.
    func hasQueued(_ count: UInt64) -> Bool {
        let counters = counters
        return eventually { counters.queued.current == count }
    }

    /// Requests that the worker has under way; nil when there is no such worker.
    func outstanding(_ id: String) -> Int? { NodeID(id).flatMap { roster.load(of: $0)?.outstanding } }

    /// Whether no present worker has a request under way any more, now or soon.
    func givesBackEverybody() -> Bool {
        let (roster, ids) = (roster, ids)
        return eventually { ids.allSatisfy { roster.load(of: $0)?.outstanding == 0 } }
    }
}

extension ScriptedUpstream {
    func worker(_ id: String = "worker-1") -> ProxyHarness.Worker { ProxyHarness.Worker(id: id, port: port) }
}

/// What happened, in order; written on a loop, read by the test.
final class EventLog: Sendable {
    private let events = Mutex<[String]>([])

    func add(_ event: String) { events.withLock { $0.append(event) } }

    var all: [String] { events.withLock { $0 } }
}
