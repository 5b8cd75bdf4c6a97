package import Sockets

/// One multiplexed connection to an upstream. It gives each upstream connection a stream instead of a socket.
///
///     connecting -> open -> ended
///
/// Upstream connections that arrive while it is connecting wait, and fail together if it fails.
package final class MultiplexedUpstream: EventSource, MultiplexerOwner {
    /// Called once when the connection is ready for requests.
    package var onOpen: () -> Void = {}
    /// Called once after its end. No connection can be attached any more.
    package var onEnd: (MultiplexedUpstream) -> Void = { _ in }

    private let loop: EventLoop
    private var connector: Connector?
    private var multiplexer: Multiplexer?
    private var waiting: [UpstreamConnection] = []
    private var isEnded = false
    private var endsWhenUnused = false

    /// The connection is open, or was before its end.
    package var wasOpen: Bool { multiplexer != nil }

    /// Begins to connect.
    package init(
        loop: EventLoop, endpoint: UpstreamEndpoint, provider: TransportProvider, limits: UpstreamLimits
    ) {
        self.loop = loop
        super.init()
        let connector = Connector(
            loop: loop, endpoint: endpoint, provider: provider, milliseconds: limits.connectMilliseconds
        ) { self.connected($0) }
        self.connector = connector
        connector.start()
    }

    /// Gives the upstream connection a stream, now or after the connect. Returns false without room.
    package func attach(_ connection: UpstreamConnection) -> Bool {
        if isEnded || endsWhenUnused { return false }
        guard let multiplexer else {
            guard waiting.count < MultiplexedUpstream.maximumWaiting else { return false }
            waiting.append(connection)
            return true
        }
        guard let stream = multiplexer.open() else { return false }
        connection.start(over: stream)
        return true
    }

    /// As many as can get a stream at once later.
    private static let maximumWaiting = Multiplexer.maximumStreams

    private func connected(_ result: Result<SocketTransport, UpstreamFailure>) {
        guard let connector = connector.take() else { return }
        let waiting = waiting
        self.waiting = []
        switch result {
        case .success(let transport):
            transport.keepAlive()
            loop.replace(connector, with: self)
            loop.update(self, for: .readable)
            let multiplexer = Multiplexer(transport: transport, isOpener: true, owner: self, loop: loop)
            self.multiplexer = multiplexer
            onOpen()
            for connection in waiting where !connection.isClosed {
                // There are as many streams as waiting connections.
                if let stream = multiplexer.open() { connection.opened(over: stream, isWatched: false) }
            }
            endIfUnused()
        case .failure(let failure):
            isEnded = true
            onEnd(self)
            for connection in waiting where !connection.isClosed { connection.fail(failure) }
        }
    }

    /// Gives no more streams, and ends when none is left.
    package func drain() {
        endsWhenUnused = true
        endIfUnused()
    }

    private func endIfUnused() {
        if endsWhenUnused, let multiplexer, multiplexer.streamCount == 0 { multiplexer.end(nil) }
    }

    // MARK: Events

    package override func ready(_ readiness: Readiness) { multiplexer?.ready(readiness) }
    package override func endOfTurn() {
        multiplexer?.endOfTurn()
        endIfUnused()
    }

    /// A worker opens no streams.
    func accept(_ stream: MultiplexedStream) -> Bool { false }

    func streamEnded() {
        if endsWhenUnused { loop.callAtEndOfTurn(self) }
    }

    func multiplexerEnded(_ error: TransportError?) {
        isEnded = true
        onEnd(self)
    }
}
