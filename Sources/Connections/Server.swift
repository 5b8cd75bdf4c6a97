package import Sockets

/// The connections of one listener on one loop: how they are accepted, bounded, listed and drained.
package final class Server {
    package let loop: EventLoop
    package let provider: TransportProvider
    package let limits: DownstreamLimits
    package let counters = ServerCounters()
    /// Set once, before the first listener is added.
    package var service: any Service
    /// What may be spoken on this port. Where TLS does not negotiate it, the first bytes tell; so only what they can tell apart.
    package var protocols: [ApplicationProtocol] = [.http1]
    /// Called with one line for the log when a peer fails to get in.
    package var onHandshakeFailure: (_ error: TransportError, _ peer: String) -> Void = { _, _ in }
    /// Called each time that a connection is left waiting in the kernel's queue, since all slots are taken.
    package var onFull: () -> Void = {}
    /// Called when, after `drain`, the last connection is gone.
    package var onDrained: () -> Void = {}

    /// Bounds the connections of each source, over all loops. Set before the first listener is added.
    package var sources: SourceSlots?

    /// Its connections, but for those that are streams of another.
    let load = LoopLoad()
    /// The servers on the other loops of its group. Set before the first listener is added.
    var neighbours: [ServerGroup.Member] = []

    package private(set) var isDraining = false
    var date = DateCache()
    private var connections: [ServerConnection] = []
    private var listeners: [ListenerSource] = []
    private let slots: ConnectionSlots

    /// - Parameter slots: the bound on connections, shared with the servers on other loops.
    package init(
        loop: EventLoop, provider: TransportProvider, service: any Service, limits: DownstreamLimits,
        slots: ConnectionSlots
    ) {
        self.loop = loop
        self.provider = provider
        self.service = service
        self.limits = limits
        self.slots = slots
    }

    package var connectionCount: Int { connections.count }

    // MARK: Listening

    /// Accepts from a listening socket that stays open until `stopListening` and belongs to somebody else.
    package func listen(on descriptor: Int32) throws(SystemError) {
        let listener = ListenerSource(descriptor: descriptor, server: self)
        try loop.watch(listener, descriptor: descriptor, for: [.readable, .exclusive])
        listeners.append(listener)
    }

    package func stopListening() {
        for listener in listeners { listener.stop() }
        listeners = []
    }

    /// Stops listening, closes idle connections, and lets the others finish what they are at.
    package func drain() {
        guard !isDraining else { return }
        isDraining = true
        stopListening()
        for connection in connections { connection.drain() }
        if connections.isEmpty { onDrained() }
    }

    /// Ends every connection at once.
    package func closeAll() {
        for connection in connections { connection.close() }
    }

    /// Goes on with new certificates: what stands keeps its own, but whoever is not trusted any more is cut off.
    ///
    /// - Parameter fresh: made for this server's loop.
    package func reload(_ fresh: TransportProvider) {
        provider.adopt(fresh)
        for connection in connections {
            guard let socket = connection.transport as? SocketTransport, !socket.isPeerTrusted(by: fresh) else {
                continue
            }
            connection.close()
        }
    }

    // MARK: Connections

    /// Whether there is room for one more connection; takes its place if so.
    func reserveSlot() -> Bool { slots.reserve() }

    /// Somebody is left waiting, since there is no room.
    func noteFull() {
        counters.count(.maxConnections)
        onFull()
    }

    func releaseSlot() { slots.release() }

    /// Takes over an accepted socket, for which a slot is reserved: here, or on the loop of the group that has the fewest.
    ///
    /// Of loops that watch one listener the kernel wakes mostly the same, and it would have twice as many connections as another.
    func accept(_ socket: consuming FileDescriptor, peerHost: String) {
        guard let neighbour = neighbours.min(by: { $0.load.count < $1.load.count }),
            neighbour.load.isWell(below: load.count)
        else {
            load.add()
            admit(socket, peerHost: peerHost)
            return
        }
        neighbour.load.add()
        let descriptor = socket.release()
        neighbour.loop.post {
            neighbour.server.admit(FileDescriptor(owning: descriptor), peerHost: peerHost)
        }
    }

    /// Begins to serve a socket that counts as this server's.
    private func admit(_ socket: consuming FileDescriptor, peerHost: String) {
        if let sources, let source = SourceKey(host: peerHost), !sources.reserve(source) {
            // Left in the kernel's queue it would hold up everybody behind it: closed at once.
            counters.count(.maxConnectionsPerSource)
            slots.release()
            load.remove()
            return
        }
        let descriptor = socket.rawValue
        guard let transport = provider.accepted(socket) else {
            giveBack(peerHost)
            return
        }
        let connection = Arrival(socket: transport, peerHost: peerHost, server: self)
        do throws(SystemError) {
            try loop.watch(connection, descriptor: descriptor, for: Arrival.interest)
        } catch {
            giveBack(peerHost)
            return
        }
        add(connection)
    }

    /// Serves a stream of a multiplexed connection like a connection.
    func accept(_ stream: MultiplexedStream, peerHost: String) {
        let connection = DownstreamConnection(transport: stream, peerHost: peerHost, server: self)
        connection.holdsSlot = false
        stream.watch(connection, on: loop, for: .readable)
        add(connection)
    }

    private func add(_ connection: ServerConnection) {
        counters.accepted.add(1)
        connection.listIndex = connections.count
        connections.append(connection)
        connection.start()
    }

    /// A connection goes on as another one.
    func replace(_ connection: ServerConnection, with successor: ServerConnection) {
        successor.listIndex = connection.listIndex
        connections[successor.listIndex] = successor
        connection.listIndex = -1
    }

    func remove(_ connection: ServerConnection) {
        let index = connection.listIndex
        guard index >= 0 else { return }
        connection.listIndex = -1
        counters.closed.add(1)
        if connection.holdsSlot { giveBack(connection.peerHost) }
        let last = connections.removeLast()
        if last !== connection {
            connections[index] = last
            last.listIndex = index
        }
        if connection.holdsSlot {
            for listener in listeners { listener.slotFreed() }
        }
        if isDraining && connections.isEmpty { onDrained() }
    }

    /// Gives back the place that a connection had, in all and for its source.
    private func giveBack(_ peerHost: String) {
        slots.release()
        load.remove()
        if let sources, let source = SourceKey(host: peerHost) { sources.release(source) }
    }

    func exchangeBegan() { counters.exchangesBegan.add(1) }
    func exchangeEnded() { counters.exchangesEnded.add(1) }

    func handshakeFailed(_ error: TransportError, from peer: String) {
        counters.handshakeFailures.add(1)
        onHandshakeFailure(error, peer)
    }

    /// A connection broke after its handshake: with TLS 1.3 this is where a client learns, and tells, that it refuses
    /// us.
    func connectionFailed(_ error: TransportError, from peer: String) {
        if case .secure = error { onHandshakeFailure(error, peer) }
    }
}
