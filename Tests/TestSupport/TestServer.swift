package import Connections
package import Sockets

/// A server over plain sockets on a free port of 127.0.0.1, on a loop with a thread of its own.
package final class TestServer {
    package let thread: TestLoop
    package let port: UInt16
    /// Belongs to the loop's thread.
    package let server: Server
    private let listener: FileDescriptor

    /// - Parameters:
    ///   - protocols: the protocols that the first bytes of a connection may select.
    ///   - provider: makes the transports of accepted connections.
    ///   - prepare: called on the loop before the first accept.
    ///   - makeService: called once, with the server's loop, before that loop begins to serve.
    package init(
        limits: DownstreamLimits = DownstreamLimits(), slots: Int = 1_000,
        protocols: [ApplicationProtocol] = [.http1], provider: TransportProvider = TransportProvider(),
        prepare: @escaping (Server) -> Void = { _ in },
        makeService: @escaping (EventLoop) -> any Service
    ) throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: 0) else { preconditionFailure("a literal") }
        listener = try Socket.listen(on: address)
        port = Socket.localPort(listener.rawValue)
        thread = try TestLoop()
        let loop = thread.loop
        let slots = ConnectionSlots(limit: slots)
        let descriptor = listener.rawValue
        server = thread.onLoop {
            let server = Server(
                loop: loop, provider: provider, service: makeService(loop), limits: limits, slots: slots)
            server.protocols = protocols
            prepare(server)
            try? server.listen(on: descriptor)
            return server
        }
    }

    deinit {
        let server = self.server
        thread.onLoop {
            server.stopListening()
            server.closeAll()
        }
        thread.stop()
    }

    /// Runs `body` with the server, on its loop.
    package func onLoop<Value>(_ body: @escaping (Server) -> Value) -> Value {
        let server = self.server
        return thread.onLoop { body(server) }
    }

    /// Returns true when no request is in progress, before the deadline.
    package func becomesIdle() -> Bool {
        let server = self.server
        return thread.eventually { server.counters.exchangesBegan.current == server.counters.exchangesEnded.current }
    }

    /// Returns true when this many connections are open, before the deadline.
    package func has(connections count: Int) -> Bool {
        let server = self.server
        return thread.eventually { server.connectionCount == count }
    }

    /// Returns true when at most this many connections are open, before the deadline.
    package func has(connectionsAtMost count: Int) -> Bool {
        let server = self.server
        return thread.eventually { server.connectionCount <= count }
    }

    /// Returns true when no connection is open, before the deadline.
    package func losesAllConnections() -> Bool {
        let server = self.server
        return thread.eventually { server.connectionCount == 0 }
    }
}
