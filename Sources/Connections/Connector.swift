internal import Sockets

/// Makes one connection to an upstream: connects, does the handshake, and checks who has answered.
///
///     connecting -> handshaking -> over      (the completion is called once, in a later turn than `start`; never after `cancel`)
///
/// The loop watches the connector until the completion has put its owner in its place (`EventLoop.replace`).
final class Connector: EventSource {
    private enum Phase { case connecting, handshaking, over }

    typealias Completion = (Result<SocketTransport, UpstreamFailure>) -> Void

    private let loop: EventLoop
    private let endpoint: UpstreamEndpoint
    private let provider: TransportProvider
    private let timer: LoopTimer
    private let milliseconds: Int
    private var completion: Completion?
    private var phase = Phase.connecting
    private var transport: SocketTransport?
    private var startFailure: UpstreamFailure?

    /// The peer's host has taken the connection.
    var isReached: Bool { phase != .connecting }

    /// - Parameter milliseconds: for connect and handshake together.
    init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider, milliseconds: Int,
        completion: @escaping Completion
    ) {
        self.loop = loop
        self.endpoint = endpoint
        self.provider = provider
        self.milliseconds = milliseconds
        self.completion = completion
        timer = LoopTimer(on: loop)
        super.init()
        timer.action = { [unowned self] in timedOut() }
    }

    func start() {
        timer.set(afterMilliseconds: milliseconds)
        do throws(SystemError) {
            // An immediate connect is reported as writable, like any other.
            let socket = try Socket.connect(to: endpoint.address).take()
            let descriptor = socket.rawValue
            guard let transport = provider.connecting(socket, host: endpoint.host) else {
                failLater(.handshake(.secure(.other, message: "no TLS session could be made")))
                return
            }
            self.transport = transport
            try loop.watch(self, descriptor: descriptor, for: .writable)
        } catch {
            failLater(Connector.failure(of: error))
        }
    }

    /// Lets go of the connection without a further word.
    func cancel() {
        guard phase != .over else { return }
        finish()
    }

    override func ready(_ readiness: Readiness) {
        switch phase {
        case .connecting: connected()
        case .handshaking: loop.callForHeavyWork(self, isNewcomer: false)
        case .over: break
        }
    }

    /// To check the peer's certificates and to show ours.
    override func heavyWork() { continueHandshake() }

    private func connected() {
        guard let transport else { return }
        let code = Socket.pendingError(transport.descriptor.rawValue)
        guard code == 0 else {
            fail(Connector.failure(of: SystemError("connect", code: code)))
            return
        }
        phase = .handshaking
        continueHandshake()
    }

    private func continueHandshake() {
        guard let transport else { return }
        switch transport.handshake() {
        case .complete:
            if endpoint.expectation != .anybody {
                let identity = transport.peerIdentity
                guard endpoint.expectation.accepts(identity) else {
                    fail(.otherNode(identity))
                    return
                }
            }
            phase = .over
            timer.remove()
            completion.take()?(.success(transport))
        case .wants(let direction): loop.update(self, for: direction == .write ? .writable : .readable)
        case .failed(let error): fail(.handshake(error))
        }
    }

    private func failLater(_ failure: UpstreamFailure) {
        startFailure = failure
        timer.set(at: loop.now)
    }

    private func timedOut() {
        fail(startFailure ?? .connectTimedOut)
    }

    private func fail(_ failure: UpstreamFailure) {
        let completion = completion.take()
        finish()
        completion?(.failure(failure))
    }

    private func finish() {
        phase = .over
        completion = nil
        timer.remove()
        loop.unwatch(self)
        transport = nil
    }

    private static func failure(of error: SystemError) -> UpstreamFailure {
        error.code == connectionRefused ? .refused : .unreachable(error)
    }

    /// errno's ECONNREFUSED.
    private static let connectionRefused: Int32 = 111
}
