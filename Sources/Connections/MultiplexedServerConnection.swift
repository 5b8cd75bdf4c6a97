internal import Sockets

/// An accepted multiplexed connection. Each of its streams is served like a connection of its own.
final class MultiplexedServerConnection: ServerConnection, MultiplexerOwner {
    private var multiplexer: Multiplexer?
    private var isDraining = false

    override func start() {
        (transport as? SocketTransport)?.keepAlive()
        multiplexer = Multiplexer(transport: transport, isOpener: false, owner: self, loop: loop)
        isDraining = server.isDraining
        transport.update(self, on: loop, for: .readable)
        if transport.hasBufferedInput { loop.callNextTurn(self) }
    }

    override func ready(_ readiness: Readiness) { multiplexer?.ready(readiness) }

    override func endOfTurn() {
        multiplexer?.endOfTurn()
        if isDraining, let multiplexer, multiplexer.streamCount == 0, multiplexer.isSent { close() }
    }

    /// The streams are drained like any connection. New ones are refused, so that their requests go to other workers.
    override func drain() {
        isDraining = true
        loop.callAtEndOfTurn(self)
    }

    override func close() { multiplexer?.end(nil) }

    func accept(_ stream: MultiplexedStream) -> Bool {
        guard !isDraining, let multiplexer, multiplexer.streamCount <= Multiplexer.maximumStreams else { return false }
        // The balancer sends a refused request to another worker.
        guard server.memory?.refusesRequests != true else {
            server.counters.count(.memoryLimit)
            return false
        }
        server.accept(stream, peerHost: peerHost)
        return true
    }

    /// Not at once: other streams may arrive together with this one, and each needs its refusal.
    func streamEnded() {
        if isDraining { loop.callAtEndOfTurn(self) }
    }

    func multiplexerEnded(_ error: TransportError?) {
        if let error { server.connectionFailed(error, from: peerHost) }
        server.remove(self)
    }
}
