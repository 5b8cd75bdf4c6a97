internal import Sockets

/// A connection that was accepted and has yet to show what it speaks: does the handshake, then gives its place to the
/// connection of the negotiated protocol.
final class Arrival: ServerConnection {
    /// What it hears of from the start: its end too, as long as nothing has been done for it.
    static let interest: Readiness = [.readable, .readHangup]

    private let socket: SocketTransport
    private let timer: LoopTimer
    private var isOver = false
    /// What came before it was clear what is spoken.
    private var received: [UInt8] = []

    init(socket: SocketTransport, peerHost: String, server: Server) {
        self.socket = socket
        timer = LoopTimer(on: server.loop)
        super.init(transport: socket, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
    }

    override func start() {
        if socket.needsHandshake {
            timer.set(afterMilliseconds: server.limits.handshakeMilliseconds)
        } else if server.protocols == [.http1] {
            arrived(speaking: .http1)
        } else {
            timer.set(afterMilliseconds: server.limits.idleMilliseconds)
        }
    }

    override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            close()
            return
        }
        guard socket.needsHandshake else { return readFirstBytes() }
        if socket.hasAnsweredHandshake {
            // Most of the work is done, and would be in vain if this were to wait behind newcomers for longer than its client does.
            continueHandshake()
        } else if readiness.contains(.readHangup) {
            // The client has given up before its turn came.
            server.handshakeFailed(.truncated, from: peerHost)
            close()
        } else {
            loop.callForHeavyWork(self, isNewcomer: true)
        }
    }

    override func heavyWork() { continueHandshake() }

    private func continueHandshake() {
        switch socket.handshake() {
        case .complete:
            server.counters.handshakes.add(1)
            // Else what one handshake needs would be kept for each connection of a crowd that has yet to ask for anything.
            socket.releaseBuffers()
            arrived(speaking: socket.negotiatedProtocol ?? .http1)
        case .wants(let direction):
            loop.update(self, for: direction == .write ? .writable : Arrival.interest)
        case .failed(let error):
            server.handshakeFailed(error, from: peerHost)
            close()
        }
    }

    private func readFirstBytes() {
        switch socket.receive(using: loop.scratch) {
        case .bytes(let bytes):
            received += bytes
            guard let spoken = ApplicationProtocol.spoken(in: received, of: server.protocols) else {
                // What may be a request's beginning has a head's time, from its first byte.
                if received.count == bytes.count { timer.set(afterMilliseconds: server.limits.headMilliseconds) }
                return
            }
            socket.putBack(received)
            arrived(speaking: spoken)
        case .wouldBlock: break
        case .endOfStream where !received.isEmpty:
            // Half a preface is a broken request of HTTP/1.1, and answered as one.
            socket.putBack(received)
            arrived(speaking: .http1)
        case .endOfStream, .failed: close()
        }
    }

    private func arrived(speaking spoken: ApplicationProtocol) {
        isOver = true
        timer.remove()
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
        if socket.needsHandshake {
            server.counters.count(.handshakeTimeout)
            server.handshakeFailed(.secure(.other, message: "no handshake in time"), from: peerHost)
        } else {
            server.counters.count(received.isEmpty ? .idleTimeout : .headTimeout)
        }
        close()
    }

    /// Whoever got in is served: its handshake has its own deadline, its first bytes get one.
    override func drain() {
        if !socket.needsHandshake { timer.set(afterMilliseconds: server.limits.headMilliseconds) }
    }

    override func close() {
        guard !isOver else { return }
        isOver = true
        timer.remove()
        loop.unwatch(self)
        server.remove(self)
    }
}
