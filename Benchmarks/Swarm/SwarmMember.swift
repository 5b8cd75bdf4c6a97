internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Sockets
import Storage
internal import Tasks
import Telemetry

/// One worker of the swarm. It registers like `MemberCore`, and watches the balancer once a second.
final class SwarmMember {
    /// Called once, when the balancer has admitted the worker.
    var onAdmitted: (() -> Void)?

    private let id: NodeID
    private let port: UInt16
    private let balancer: ControlClient
    private let timer: LoopTimer
    private let server: Server
    private let listener: FileDescriptor
    private let settings = ClusterSettings()
    private var attempts = 0
    private var epoch: UInt64 = 0
    private var version: UInt64 = 0

    init(port: UInt16, cluster: UInt16, certs: String, loop: EventLoop, slots: ConnectionSlots, files: SharedFile)
        throws
    {
        self.port = port
        guard let id = NodeID("worker-\(port)"), let address = SocketAddress(host: "127.0.0.1", port: port),
            let home = SocketAddress(host: "127.0.0.1", port: cluster)
        else { throw CommandError.usage("worker-\(port) is no name") }
        self.id = id
        let certificates = try NodeCertificates(folder: certs, id: id, role: .worker)
        let protocols: [ApplicationProtocol] = [.multiplexed, .http2, .http1]
        let provider = try certificates.makeClusterProvider(serving: protocols)
        let expectation = certificates.uriPrefix(of: .balancer).map { PeerExpectation.prefix($0) } ?? .anybody
        balancer = ControlClient(
            loop: loop, endpoint: UpstreamEndpoint(address: home, host: "127.0.0.1", expectation: expectation),
            provider: provider)
        let tasks = TaskService(name: id.text, loop: loop, files: files)
        server = Server(
            loop: loop, provider: provider, service: SwarmService(name: id.text, tasks: tasks),
            limits: DownstreamLimits(),
            slots: slots)
        server.protocols = protocols
        listener = try Socket.listen(on: address)
        timer = LoopTimer(on: loop)
        try server.listen(on: listener.rawValue)
    }

    func register() {
        let registration = Registration(id: id, host: "127.0.0.1", port: port, incarnation: 1, mayStandIn: false)
        balancer.ask(
            .post, ClusterPaths.register, body: JSON.encode(registration),
            timeoutMilliseconds: Int(settings.registerTimeoutMilliseconds)
        ) { [unowned self] result in
            guard case .success(let reply) = result, reply.status == 200 else {
                again { [unowned self] in register() }
                return
            }
            note(reply.body)
            onAdmitted?()
            onAdmitted = nil
            attempts = 0
            watchLater()
        }
    }

    /// Waits for half to the whole of a time that doubles with every attempt.
    private func again(_ action: @escaping () -> Void) {
        let most = min(
            settings.registerRetryMinimumMilliseconds << min(attempts, 10), settings.registerRetryMaximumMilliseconds)
        attempts += 1
        timer.action = action
        timer.set(afterMilliseconds: Int(Int64.random(in: most / 2...most)))
    }

    private func watchLater() {
        let jitter = settings.watchSlowMilliseconds * settings.jitterPercent / 100
        timer.action = { [unowned self] in watch() }
        timer.set(afterMilliseconds: Int(settings.watchSlowMilliseconds + Int64.random(in: -jitter...jitter)))
    }

    private func watch() {
        let watch = Watch(
            id: id, incarnation: 1, epochSeen: Epoch(epoch), snapshotEpoch: Epoch(epoch), snapshotVersion: version,
            inFlight: 0)
        balancer.ask(.post, ClusterPaths.watch, body: JSON.encode(watch), timeoutMilliseconds: 1000) {
            [unowned self] result in
            if case .success(let reply) = result, reply.status == 404 {
                register()
                return
            }
            if case .success(let reply) = result, reply.status == 200 { note(reply.body) }
            watchLater()
        }
    }

    /// Records the version of the answer's snapshot. Decoding the whole list for every worker would be the work of as
    /// many machines.
    private func note(_ body: [UInt8]) {
        epoch = number(after: "\"epoch\":", in: body) ?? epoch
        version = number(after: "\"version\":", in: body) ?? version
    }

    /// The number after the first `key` that is followed by one. The snapshot's own fields precede its workers in
    /// alphabetical order.
    private func number(after key: String, in body: [UInt8]) -> UInt64? {
        let key = Array(key.utf8)
        var start = 0
        while start + key.count < body.count {
            if body[start] == key[0], body[start..<start + key.count].elementsEqual(key),
                let number = UInt64(
                    String(decoding: body[(start + key.count)...].prefix { $0 >= 48 && $0 <= 57 }, as: UTF8.self))
            {
                return number
            }
            start += 1
        }
        return nil
    }
}
