package import Connections
package import Sockets

/// A listener of the control plane with its own loop and thread, so that its peers do not delay the control loop.
///
/// The control loop creates it and calls it.
package final class ControlPort {
    private let loop: EventLoop
    private let thread: LoopThread
    private let server: LoopBound<Server>
    private let listener: LoopBound<OpenListener>
    private let onDrain: LoopBound<() -> Void>

    /// A duplicate of the listening socket. It closes only after the loop has stopped watching it.
    private final class OpenListener {
        var descriptor: FileDescriptor?

        init(_ descriptor: consuming FileDescriptor) { self.descriptor = consume descriptor }
    }

    /// - Parameters:
    ///   - name: the name of the thread, at most 15 bytes.
    ///   - listener: stays the caller's.
    ///   - provider: of this port alone.
    ///   - configure: configures the server before it accepts.
    ///   - onDrain: called on the port's loop after `drain`.
    ///   - makeService: called once, with the port's loop, before it runs.
    package init(
        name: String, listener: Int32, provider: TransportProvider, slots: ConnectionSlots,
        limits: DownstreamLimits = DownstreamLimits(), configure: (Server) -> Void = { _ in },
        onDrain: @escaping () -> Void = {}, makeService: (EventLoop) -> any Service
    ) throws(SystemError) {
        let loop = try EventLoop()
        self.loop = loop
        let server = Server(loop: loop, provider: provider, service: makeService(loop), limits: limits, slots: slots)
        configure(server)
        let open = OpenListener(try Socket.duplicate(listener))
        if let descriptor = open.descriptor?.rawValue { try server.listen(on: descriptor) }
        self.server = LoopBound(server)
        self.listener = LoopBound(open)
        self.onDrain = LoopBound(onDrain)
        thread = try LoopThread(running: loop, name: name)
    }

    /// Uses new certificates.
    ///
    /// - Parameter provider: of this port alone.
    package func reload(_ provider: TransportProvider) {
        let provider = LoopBound(provider)
        loop.post { [server] in server.value.reload(provider.value) }
    }

    /// Stops accepting connections.
    package func stopListening() {
        loop.post { [server, listener] in
            server.value.stopListening()
            listener.value.descriptor = nil
        }
    }

    /// Stops accepting, and closes connections without a request. The others finish theirs.
    package func drain() {
        loop.post { [server, listener, onDrain] in
            server.value.drain()
            listener.value.descriptor = nil
            onDrain.value()
        }
    }

    /// Stops accepting, and closes all connections.
    package func close() {
        stopListening()
        loop.post { [server] in server.value.closeAll() }
    }

    /// Ends the loop and its thread. A process that ends does not call this.
    package func stop() {
        close()
        loop.stop()
        thread.join()
    }
}
