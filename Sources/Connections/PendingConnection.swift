internal import Sockets

/// An accepted connection whose protocol and peer are not known yet. It does the handshake and is then replaced by a
/// connection of the negotiated protocol. `PendingConnections` limits their number.
final class PendingConnection: ServerConnection {
    typealias Arrivals = PendingConnections<PendingConnection, SourceKey>

    /// The initial interest. It includes the peer's close, until the server has begun its work.
    static let interest: Readiness = [.readable, .readHangup]

    private let socket: SocketTransport
    private let timer: LoopTimer
    private var isOver = false
    /// The time limit of the handshake has begun anew, because this process was late.
    private var hasMoreTime = false
    /// Nil if the connection does not count as pending, or no longer.
    private var place: Arrivals.Place?
    let source: SourceKey?
    /// Bytes that arrived before the protocol was known.
    private var received: [UInt8] = []

    init(socket: SocketTransport, peerHost: String, server: Server) {
        self.socket = socket
        source = SourceKey(host: peerHost)
        timer = LoopTimer(on: server.loop)
        super.init(transport: socket, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
    }

    override func start() {
        if socket.needsHandshake {
            timer.set(afterMilliseconds: server.limits.handshakeMilliseconds)
        } else if server.protocols == [.http1] {
            arrived(speaking: .http1)
            return
        } else {
            timer.set(afterMilliseconds: server.limits.idleMilliseconds)
        }
        place = server.enter(self)
    }

    override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            close()
            return
        }
        guard socket.needsHandshake else { return readFirstBytes() }
        if socket.hasAnsweredHandshake {
            if socket.isRestOfHandshakeHeavy {
                loop.callForHeavyWork(self, in: .begun)
            } else {
                continueHandshake()
            }
        } else if readiness.contains(.readHangup) {
            // The client has closed before its turn.
            server.handshakeFailed(.truncated, from: peerHost)
            close()
        } else {
            place.map { server.asks($0, true) }
            loop.callForHeavyWork(self, in: .newcomer)
        }
    }

    override func heavyWork() { continueHandshake() }

    private func continueHandshake() {
        switch socket.handshake() {
        case .complete:
            server.counters.handshakes.count(socket.negotiatedTLS)
            // Otherwise each silent connection of a crowd would keep the memory of a handshake.
            socket.releaseBuffers()
            guard server.letIn(self) else { return close() }
            let spoken = socket.negotiatedProtocol ?? .http1
            // Streams multiply what a connection may store. A peer whose connections are counted has a few small requests.
            guard spoken == .http1 || listing.identityPermit == nil else { return close() }
            arrived(speaking: spoken)
        case .wants(let direction):
            loop.update(self, for: direction == .write ? .writable : PendingConnection.interest)
            noteProgress()
        case .failed(let error):
            server.handshakeFailed(error, from: peerHost)
            close()
        }
    }

    /// The peer has to act now: it has the server's answer, or must send more before it gets one.
    private func noteProgress() {
        guard var place, !place.isAnswered else { return }
        if socket.hasAnsweredHandshake {
            server.wasAnswered(self, at: &place)
            self.place = place
        } else {
            server.asks(place, false)
        }
    }

    private func readFirstBytes() {
        switch socket.receive(using: loop.scratch) {
        case .bytes(let bytes):
            received += bytes
            guard let spoken = ApplicationProtocol.spoken(in: received, of: server.protocols) else {
                // The possible beginning of a request has the time limit of a head, from its first byte.
                if received.count == bytes.count { timer.set(afterMilliseconds: server.limits.headMilliseconds) }
                return
            }
            socket.putBack(received)
            arrived(speaking: spoken)
        case .wouldBlock: break
        case .endOfStream where !received.isEmpty:
            // Half a preface is a malformed HTTP/1.1 request, and gets its response.
            socket.putBack(received)
            arrived(speaking: .http1)
        case .endOfStream, .failed: close()
        }
    }

    private func arrived(speaking spoken: ApplicationProtocol) {
        isOver = true
        timer.remove()
        leavePlace()
        let connection: ServerConnection =
            switch spoken {
            case .multiplexed: MultiplexedServerConnection(transport: socket, peerHost: peerHost, server: server)
            case .http2: HTTP2Connection(transport: socket, peerHost: peerHost, server: server)
            case .http1: DownstreamConnection(transport: socket, peerHost: peerHost, server: server)
            }
        loop.replace(self, with: connection)
        server.replace(self, with: connection)
        connection.start()
    }

    private func timedOut() {
        // The peer waits for this loop, which is busy. It gets the same time once more, and no third time.
        if isDueForHeavyWork, !hasMoreTime {
            hasMoreTime = true
            timer.set(afterMilliseconds: server.limits.handshakeMilliseconds)
            return
        }
        if socket.needsHandshake {
            server.counters.count(.handshakeTimeout)
            server.handshakeFailed(.secure(.other, message: "no handshake in time"), from: peerHost)
        } else {
            server.counters.count(received.isEmpty ? .idleTimeout : .headTimeout)
        }
        close()
    }

    /// An accepted connection is served during a drain: its handshake has its own deadline, and its first bytes get
    /// one.
    override func drain() {
        if !socket.needsHandshake { timer.set(afterMilliseconds: server.limits.headMilliseconds) }
    }

    override func close() {
        guard !isOver else { return }
        isOver = true
        timer.remove()
        loop.unwatch(self)
        leavePlace()
        server.remove(self)
    }

    private func leavePlace() {
        if let place = place.take() { server.leave(place) }
    }
}
