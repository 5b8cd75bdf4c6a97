internal import Cluster
internal import Connections
internal import HTTP
internal import Logging
internal import Sockets
internal import Storage

/// The cluster port's part of the cluster protocol, on the port's own loop. It reads and decodes requests, passes them
/// to the control loop, and encodes the answers.
///
/// The control loop gets only small decoded values. Their number is bounded: a connection has one request in progress,
/// and the rate of each identity is limited.
final class ClusterService {
    private let loop: EventLoop
    /// The balancer's cluster; nil in the plain build.
    private let cluster: String?
    private let log: Logger
    /// Passes a request to the control loop.
    private let forward: (ClusterRequest) -> Void
    /// Reports the end of a connection to the control loop.
    private let forwardEnd: (_ connection: UInt64) -> Void

    private var connections: [ObjectIdentifier: Connection] = [:]
    private var connectionsCounted: UInt64 = 0
    private var pace = IdentityRateLimiter()
    private var workerList = WorkerListText()
    private var snapshotPace = SnapshotRateLimiter()
    /// The last encoded answer to a watch without a new list.
    private var lastUnchanged: (epoch: Epoch, version: UInt64, text: [UInt8])?

    private final class Connection {
        let number: UInt64
        /// The last watch of the connection, and its text.
        var lastWatch: (text: [UInt8], watch: Watch)?
        /// Runs while a request waits for its time.
        var timer: LoopTimer?

        init(number: UInt64) { self.number = number }

        deinit { timer?.remove() }
    }

    init(
        on loop: EventLoop, cluster: String?, log: Logger, forward: @escaping (ClusterRequest) -> Void,
        forwardEnd: @escaping (_ connection: UInt64) -> Void
    ) {
        self.loop = loop
        self.cluster = cluster
        self.log = log
        self.forward = forward
        self.forwardEnd = forwardEnd
    }

    // MARK: Requests

    /// Returns the refusal for a peer without any rights. It is sent before the content of the request is read.
    func refusal(of downstream: any Downstream) -> BufferedService.Answer? {
        switch downstream.peerIdentity {
        case .anonymous: return nil
        case .unusable(let reason): return refuse(downstream, .invalid(reason), status: 403)
        case .uri(let uri):
            guard let identity = NodeIdentity(uri: uri) else {
                return refuse(downstream, .invalid("the certificate's URI \(uri) names no node"), status: 403)
            }
            guard identity.cluster != cluster else { return nil }
            return refuse(downstream, .wrongCluster, status: Refusal.wrongCluster.status)
        }
    }

    private func refuse(_ downstream: any Downstream, _ refusal: Refusal, status: UInt16) -> BufferedService.Answer {
        report(refusal, downstream)
        return BufferedService.Answer(status: status, json: ErrorAnswer(error: refusal.message, refusal: refusal))
    }

    func handle(_ call: Call) {
        let identity = if case .uri(let uri) = call.downstream.peerIdentity { uri } else { "" }
        let connection = connection(of: call.downstream)
        let due = pace.take(identity, now: loop.now)
        guard due > loop.now else { return read(call, over: connection) }
        let timer = connection.timer ?? LoopTimer(on: loop)
        connection.timer = timer
        timer.action = { [unowned self, unowned connection] in
            if call.isOpen { read(call, over: connection) }
        }
        timer.set(at: due)
    }

    func connectionClosed(_ downstream: any Downstream) {
        guard let connection = connections.removeValue(forKey: ObjectIdentifier(downstream)) else { return }
        forwardEnd(connection.number)
    }

    private func connection(of downstream: any Downstream) -> Connection {
        let key = ObjectIdentifier(downstream)
        if let known = connections[key] { return known }
        connectionsCounted += 1
        let connection = Connection(number: connectionsCounted)
        connections[key] = connection
        return connection
    }

    private func read(_ call: Call, over connection: Connection) {
        guard call.method == .post else {
            call.reply(status: 405, error: "the cluster protocol takes POST only", allow: "POST")
            return
        }
        // Nil in the plain build only: `refusal(of:)` has refused the others.
        var peer: NodeIdentity?
        if case .uri(let uri) = call.downstream.peerIdentity { peer = NodeIdentity(uri: uri) }
        guard let kind = ClusterMessage.Kind(path: call.path) else {
            call.reply(status: 404, error: "no such path in the cluster protocol")
            return
        }
        guard let message = decode(kind, call.body, over: connection) else {
            refuse(call, .invalid("the \(kind.name) is not understood"))
            return
        }
        var isHostCertified = false
        if case .register(let registration) = message {
            isHostCertified = call.downstream.isPeerCertified(for: registration.host)
        }
        let service = LoopBound(self)
        let bound = LoopBound(call)
        forward(
            ClusterRequest(
                message: message, peer: peer, peerHost: call.downstream.peerHost, isHostCertified: isHostCertified,
                connection: connection.number,
                reply: { [loop] answer in loop.post { service.value.reply(answer, to: bound.value) } }))
    }

    /// Usually a worker repeats its last watch, which then needs no decoding.
    private func decode(_ kind: ClusterMessage.Kind, _ body: [UInt8], over connection: Connection) -> ClusterMessage? {
        if case .watch = kind, let last = connection.lastWatch, last.text == body { return .watch(last.watch) }
        let message = ClusterMessage(kind, from: body)
        if case .watch(let watch) = message { connection.lastWatch = (body, watch) }
        return message
    }

    // MARK: Answers

    private func reply(_ answer: ClusterAnswer, to call: Call) {
        switch answer {
        case .registered(let snapshot, let settings, let configuration):
            send(snapshot, to: call) {
                RegistrationAnswer(snapshot: $0, settings: settings, configuration: configuration)
            }
        case .unchanged(let epoch, let version): call.reply(encoded: unchanged(epoch, version))
        case .stop(let epoch, let version):
            call.reply(json: WatchAnswer(epoch: epoch, version: version, stop: true))
        case .newer(let snapshot, let configuration):
            guard snapshotPace.allows(now: loop.now) else {
                call.reply(encoded: unchanged(snapshot.epoch, snapshot.version))
                return
            }
            send(snapshot, to: call) {
                WatchAnswer(epoch: $0.epoch, version: $0.version, snapshot: $0, configuration: configuration)
            }
        case .acknowledged(let epoch): call.reply(json: Acknowledgement(epoch: epoch))
        case .unknown(let problem): call.reply(status: 404, error: problem)
        case .refused(let refusal):
            let told = refusal.asTold
            call.reply(status: told.status, json: ErrorAnswer(error: told.message, refusal: told))
        }
    }

    /// Sends an answer with a worker list. `answer` makes the answer around the list.
    private func send(_ snapshot: Snapshot, to call: Call, in answer: (Snapshot) -> some Encodable) {
        guard call.isOpen else { return }
        let text = workerList.encode(snapshot, in: answer)
        snapshotPace.spend(text.count)
        call.reply(encoded: text)
    }

    /// The answer without a list. It is the same for all workers.
    private func unchanged(_ epoch: Epoch, _ version: UInt64) -> [UInt8] {
        if let last = lastUnchanged, last.epoch == epoch, last.version == version { return last.text }
        let text = JSON.encode(WatchAnswer(epoch: epoch, version: version, snapshot: nil))
        lastUnchanged = (epoch, version, text)
        return text
    }

    /// The core does not see this request, so the refusal is logged here.
    private func refuse(_ call: Call, _ refusal: Refusal) {
        report(refusal, call.downstream)
        call.reply(status: refusal.status, json: ErrorAnswer(error: refusal.message, refusal: refusal))
    }

    private func report(_ refusal: Refusal, _ downstream: any Downstream) {
        log.warning("a peer's request is refused: \(refusal.message)", metadata: ["peer": "\(downstream.peerHost)"])
    }
}
