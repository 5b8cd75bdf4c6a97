internal import Sockets

/// A connection that was accepted and has yet to show what it speaks: does the handshake, then gives its place to the
/// connection of the negotiated protocol.
final class Arrival: ServerConnection {
    private let socket: SocketTransport
    private let timer: LoopTimer
    /// Without TLS there is no ALPN: the first bytes may say that the client speaks HTTP/2.
    private let takesPreface: Bool
    private var isOver = false

    init(socket: SocketTransport, peerHost: String, server: Server) {
        self.socket = socket
        timer = LoopTimer(on: server.loop)
        takesPreface = server.limits.takesHTTP2Preface && !socket.needsHandshake
        super.init(transport: socket, peerHost: peerHost, server: server)
        timer.action = { [unowned self] in timedOut() }
    }

    override func start() {
        if socket.needsHandshake {
            timer.set(afterMilliseconds: server.limits.handshakeMilliseconds)
        } else {
            arrived()
        }
    }

    override func ready(_ readiness: Readiness) {
        if readiness.contains(.error) || (readiness.contains(.hangup) && !readiness.contains(.readable)) {
            close()
            return
        }
        switch socket.handshake() {
        case .complete:
            server.counters.handshakes.add(1)
            arrived()
        case .wants(let direction):
            loop.update(self, for: direction == .write ? .writable : .readable)
        case .failed(let error):
            server.handshakeFailed(error, from: peerHost)
            close()
        }
    }

    private func arrived() {
        isOver = true
        timer.remove()
        let connection: ServerConnection
        if socket.negotiatedProtocol == .http2 {
            connection = HTTP2Connection(transport: socket, peerHost: peerHost, server: server)
        } else {
            let first = DownstreamConnection(transport: socket, peerHost: peerHost, server: server)
            first.mayBeHTTP2 = takesPreface
            connection = first
        }
        loop.replace(self, with: connection)
        server.replace(self, with: connection)
        connection.start()
    }

    private func timedOut() {
        server.handshakeFailed(.secure(.other, message: "no handshake in time"), from: peerHost)
        close()
    }

    /// Whoever got in is served: its handshake has its own deadline.
    override func drain() {}

    override func close() {
        guard !isOver else { return }
        isOver = true
        timer.remove()
        loop.unwatch(self)
        server.remove(self)
    }
}
