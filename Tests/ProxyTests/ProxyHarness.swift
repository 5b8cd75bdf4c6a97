import Balancing
import Cluster
import Connections
import Foundation
import Proxy
import Sockets
import Synchronization
import TestSupport

/// A proxy on a loop of its own. The test acts as the workers.
final class ProxyHarness {
    struct Worker {
        var id: String
        var port: UInt16
        var incarnation: UInt64 = 1
        var state = WorkerState.ready
        var maximumRequests = 0
    }

    let loadBalancer: LoadBalancer
    let policy: ProxyPolicy
    let server: TestServer
    /// The observer's events in order.
    let events = EventLog()
    private let service: LoopBound<ProxyService>
    private var ids: [NodeID] = []

    init(
        _ workers: [Worker] = [], policy: ProxyPolicy = ProxyPolicy(edge: EdgeDuties(scheme: "http")),
        selection: PolicySetting = .fewest, loadBalancerLimits: LoadBalancerLimits = LoadBalancerLimits(),
        rate: RateLimiter.Rate? = nil,
        limits: UpstreamLimits = UpstreamLimits(),
        downstream: DownstreamLimits = DownstreamLimits(),
        provider: TransportProvider = TransportProvider(), wrap: @escaping (any Service) -> any Service = { $0 }
    ) throws {
        self.policy = policy
        loadBalancer = LoadBalancer(seed: 7, policy: selection, limits: loadBalancerLimits)
        var made: ProxyService?
        let (loadBalancer, events) = (loadBalancer, events)
        server = try TestServer(limits: downstream, protocols: [.http2, .http1]) { loop in
            var observer = ProxyService.Observer()
            observer.failed = { subject, failure in events.add("failed \(subject.id): \(failure)") }
            observer.succeededAgain = { subject in events.add("succeeded again \(subject.id)") }
            observer.fenced = { subject, epoch, address in
                events.add("fenced by \(subject.id): \(epoch)" + (address.map { " at \($0)" } ?? ""))
            }
            let service = ProxyService(
                loop: loop, loadBalancer: loadBalancer, policy: policy, provider: provider, limits: limits,
                rateLimiter: rate.map { RateLimiter($0) }, observer: observer)
            made = service
            return wrap(service)
        }
        guard let made else { throw RawSocketError.malformed("no service was made") }
        service = LoopBound(made)
        set(workers)
    }

    deinit {
        // Pools keep themselves alive while they have connections.
        set([])
    }

    /// Sets the list of workers.
    func set(_ workers: [Worker]) {
        ids = workers.compactMap { NodeID($0.id) }
        let entries = workers.compactMap { worker in
            NodeID(worker.id).map {
                HostEntry(
                    id: $0, incarnation: worker.incarnation, host: "127.0.0.1", port: worker.port,
                    offer: WorkerOffer(maximumRequests: worker.maximumRequests), state: worker.state)
            }
        }
        let (loadBalancer, service) = (loadBalancer, service)
        onLoop {
            loadBalancer.update(entries) { entry in
                SocketAddress(host: entry.host, port: entry.port).map {
                    UpstreamEndpoint(address: $0, host: entry.host, expectation: .anybody)
                }
            }
            service.value.hostsChanged()
        }
    }

    /// Reloads the certificates.
    func reload() {
        let service = service
        onLoop { service.value.reload(TransportProvider()) }
    }

    /// The successor's epoch is in the policy.
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

    /// Returns true when this many requests have been queued, before the deadline.
    func hasQueued(_ count: UInt64) -> Bool {
        let counters = counters
        return eventually { counters.queued.current == count }
    }

    /// The outstanding requests of a worker; nil if there is no such worker.
    func outstanding(_ id: String) -> Int? { NodeID(id).flatMap { loadBalancer.load(of: $0)?.outstanding } }

    /// Returns true when no present worker has an outstanding request, before the deadline.
    func givesBackEverybody() -> Bool {
        let (loadBalancer, ids) = (loadBalancer, ids)
        return eventually { ids.allSatisfy { loadBalancer.load(of: $0)?.outstanding == 0 } }
    }
}

extension ScriptedUpstream {
    func worker(_ id: String = "worker-1") -> ProxyHarness.Worker { ProxyHarness.Worker(id: id, port: port) }
}

/// Events in order. A loop writes them, and the test reads them.
final class EventLog: Sendable {
    private let events = Mutex<[String]>([])

    func add(_ event: String) { events.withLock { $0.append(event) } }

    var all: [String] { events.withLock { $0 } }
}
