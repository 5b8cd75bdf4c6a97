internal import Sockets

/// Opens one connection to an upstream: connects, does the handshake, and verifies the peer.
///
///     connecting -> handshaking -> over      (the completion is called once, in a later turn than `start`; never after
/// `cancel`)
///
/// Behind a name there may be several addresses: a race chooses the socket, and the rest is the same.
///
/// The loop watches the connector until the completion has replaced it by its owner (`EventLoop.replace`).
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
    // Only for a name.
    private var waiter: ResolvedName.Waiter?
    private var race: ConnectRace?

    /// The peer's host has accepted the connection.
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
        switch endpoint.destination {
        case .address(let address):
            do throws(SystemError) {
                continueOver(try Socket.connect(to: address).take())
            } catch {
                failLater(Connector.failure(of: error))
            }
        case .name(let name):
            let waiter = ResolvedName.Waiter(on: loop) { [weak self] in self?.resolved(name, $0) }
            self.waiter = waiter
            if let result = name.addresses(for: waiter, now: loop.now) { resolved(name, result) }
        }
    }

    private func resolved(_ name: ResolvedName, _ result: Result<[SocketAddress], NameFailure>) {
        guard waiter != nil else { return }
        waiter = nil
        switch result {
        case .success(let addresses):
            let race = ConnectRace(on: loop, to: addresses) { [unowned self] in raced(to: name, $0) }
            self.race = race
            race.start()
        case .failure(let failure):
            failLater(.unresolved(failure))
        }
    }

    private func raced(to name: ResolvedName, _ outcome: ConnectRace.Outcome) {
        switch outcome {
        case .connected(let address):
            name.noteReached(address)
            guard let race = race.take(), let socket = race.takeSocket() else { return }
            continueOver(socket)
        case .failed(let error):
            race = nil
            name.noteUnreachable()
            failLater(Connector.failure(of: error))
        }
    }

    /// - Parameter socket: connected, or about to be.
    private func continueOver(_ socket: consuming FileDescriptor) {
        do throws(SystemError) {
            let descriptor = socket.rawValue
            guard let transport = provider.connecting(socket, host: endpoint.host) else {
                failLater(.handshake(.secure(.other, message: "no TLS session could be made")))
                return
            }
            self.transport = transport
            // An immediate connect is reported as writable, like any other.
            try loop.watch(self, descriptor: descriptor, for: .writable)
        } catch {
            failLater(Connector.failure(of: error))
        }
    }

    /// Closes the connection without calling the completion.
    func cancel() {
        guard phase != .over else { return }
        finish()
    }

    override func ready(_ readiness: Readiness) {
        switch phase {
        case .connecting: connected()
        case .handshaking: loop.callForHeavyWork(self, in: .own)
        case .over: break
        }
    }

    /// Verifies the peer's certificates and shows this node's own.
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
        if race != nil, case .name(let name) = endpoint.destination { name.noteUnreachable() }
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
        waiter = nil
        race.take()?.cancel()
        loop.unwatch(self)
        transport = nil
    }

    private static func failure(of error: SystemError) -> UpstreamFailure {
        error.code == connectionRefused ? .refused : .unreachable(error)
    }

    /// errno's ECONNREFUSED.
    private static let connectionRefused: Int32 = 111
}
