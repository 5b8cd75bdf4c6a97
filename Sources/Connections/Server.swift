package import Sockets

/// The connections of one listener on one loop. The server accepts, limits, lists and drains them.
package final class Server {
    package let loop: EventLoop
    package let provider: TransportProvider
    /// A connection over HTTP/1.1 adopts them before each request, a connection over HTTP/2 for the time limits of each stream.
    private(set) var limitsInForce: LimitsInForce
    package var limits: DownstreamLimits { limitsInForce.values }
    package let counters = ServerCounters()
    /// Set once, before the first listener is added.
    package var service: any Service
    /// The protocols of this port. Without ALPN the first bytes decide, so the list has only protocols that they distinguish.
    package var protocols: [ApplicationProtocol] = [.http1]
    /// Called with each request that reaches no exchange, because its head is rejected or late.
    package var onReject: (_ request: RejectedRequest) -> Void = { _ in }
    private var observer = RequestObserver()
    /// Called with one line for the log when a peer's handshake or identity is rejected.
    package var onHandshakeFailure: (_ error: TransportError, _ peer: String) -> Void = { _, _ in }
    /// Called each time when a connection stays in the kernel's queue because all slots are taken.
    package var onFull: () -> Void = {}
    /// Called after `drain`, when the last connection has closed.
    package var onDrained: () -> Void = {}

    /// Counts and limits the connections of each source, over all loops. When all slots are taken, the source with the most
    /// loses one for a new connection (`CrowdRelief`). Set before the first listener is added.
    package var sources: SourceSlots? {
        get { crowd.sources }
        set { crowd.sources = newValue }
    }
    private var crowd = Crowd()

    /// The memory that the process may hold for clients' requests, over all loops; nil to count nothing. Set before the first
    /// listener is added.
    package var memory: MemoryAccount?
    private var relief: MemoryRelief?

    /// Limits the connections of each identity, over all loops; nil if peers have no identity. Set before the first listener is added.
    package var identities: IdentityLimiter?
    /// The peers that `identities` does not count: a worker always admits a balancer. Set before the first listener is added.
    package var isAlwaysLetIn: (PeerIdentity) -> Bool = { _ in false }
    /// When all slots are taken, the oldest connection closes for a new one, 20 ms after its arrival at the earliest. For services
    /// that answer small requests at once. Set before the first listener is added.
    package var closesOldestWhenFull = false
    /// The limits of connections without a finished handshake. Set before the first listener is added.
    package var arrivalLimits: PendingConnectionLimits {
        get { arrivals.limits }
        set { arrivals = PendingConnection.Arrivals(limits: newValue) }
    }

    private var arrivals: PendingConnection.Arrivals

    /// The number of connections of this server, without streams of multiplexed connections.
    let load = LoopLoad()
    /// The servers on the other loops of its group. Set before the first listener is added.
    var neighbours: [ServerGroup.Member] = []

    package private(set) var isDraining = false
    var date = DateCache()
    private var connections = ConnectionList()
    private var listeners: [ListenerSource] = []
    private let slots: ConnectionSlots

    /// - Parameter slots: the limit of connections, shared with the servers on other loops.
    package init(
        loop: EventLoop, provider: TransportProvider, service: any Service, limits: DownstreamLimits,
        slots: ConnectionSlots
    ) {
        self.loop = loop
        self.provider = provider
        self.service = service
        limitsInForce = LimitsInForce(limits)
        self.slots = slots
        arrivals = PendingConnection.Arrivals(limits: PendingConnectionLimits(places: slots.limit))
    }

    package var connectionCount: Int { connections.count }

    /// Observes every request. Call before the first listener is added.
    ///
    /// - Parameters:
    ///   - facts: those that `onEnd` reads; not empty.
    ///   - onEnd: called when the exchange of a request has ended.
    package func observe(_ facts: ObservedFacts, onEnd: @escaping (_ context: RequestContext) -> Void) {
        observer = RequestObserver(facts: facts, onEnd: onEnd)
    }

    /// The facts that the observer reads; empty without one.
    var observedFacts: ObservedFacts { observer.facts }

    /// Adopts new limits. A request in progress keeps those with which it began.
    package func adopt(_ limits: DownstreamLimits) { limitsInForce = LimitsInForce(limits) }

    // MARK: Listening

    /// Accepts from a listening socket that the caller owns and keeps open until `stopListening`.
    package func listen(on descriptor: Int32) throws(SystemError) {
        let listener = ListenerSource(descriptor: descriptor, server: self)
        try listener.start()
        listeners.append(listener)
    }

    package func stopListening() {
        for listener in listeners { listener.stop() }
        listeners = []
    }

    /// Stops listening and closes idle connections. Other connections finish their requests.
    package func drain() {
        guard !isDraining else { return }
        isDraining = true
        stopListening()
        for connection in connections.all { connection.drain() }
        if connections.isEmpty { onDrained() }
    }

    /// Ends every connection at once.
    package func closeAll() {
        for connection in connections.all { connection.close() }
    }

    /// Uses new certificates. Open connections keep the old ones. A connection whose peer is no longer trusted closes.
    ///
    /// - Parameter fresh: made for this server's loop.
    package func reload(_ fresh: TransportProvider) {
        provider.adopt(fresh)
        for connection in connections.all {
            guard let socket = connection.transport as? SocketTransport, !socket.isPeerTrusted(by: fresh) else {
                continue
            }
            connection.close()
        }
    }

    // MARK: Connections

    /// True if the server can accept a pending connection. False while the maximum number of them wait for an answer.
    var hasRoomForArrivals: Bool { arrivals.hasRoom(now: loop.now) }

    /// Reserves a slot for one more connection. Returns false if there is none.
    func reserveSlot() -> Bool {
        if slots.reserve() { return true }
        // A connection without a finished handshake closes before a new one has to wait.
        let victim =
            arrivals.longestSilent(now: loop.now) ?? (closesOldestWhenFull ? connections.oldest(now: loop.now) : nil)
        if let victim {
            counters.evicted.add(1)
            victim.close()
            return slots.reserve()
        }
        guard sources != nil else { return false }
        crowd.leaving = CrowdRelief(slots: slots.limit, now: loop.now).victim(of: connections.all)
        return crowd.leaving != nil
    }

    /// Closes the connection that was chosen for this new one, if that may take its slot.
    private func takesSlot(_ source: SourceKey?) -> Bool {
        guard let victim = crowd.leaving.take() else { return true }
        let count = source.flatMap { sources?.count(of: $0) } ?? 0
        guard CrowdRelief(slots: slots.limit, now: loop.now).mayReplace(victim, count: count) else { return false }
        victim.listing.passesSlotOn = true
        victim.shed(for: .slots)
        victim.close()
        return true
    }

    /// A connection stays in the kernel's queue, because there is no room.
    func noteFull() {
        counters.count(.maxConnections)
        onFull()
    }

    func releaseSlot() {
        if crowd.leaving.take() == nil { slots.release() }
    }

    /// Counts a connection that closes because of a shortage.
    func count(_ shortage: ServerConnection.Shortage) {
        switch shortage {
        case .memory: counters.count(.memoryLimit)
        case .slots: counters.evicted.add(1)
        }
    }

    /// Serves an accepted socket with a reserved slot, on the loop of the group with the fewest connections.
    ///
    /// If several loops watch one listener, the kernel mostly wakes the same loop. Without this, that loop gets twice as many connections.
    func accept(_ socket: consuming FileDescriptor, peerHost: String) {
        let source = sources == nil ? nil : SourceKey(host: peerHost)
        guard takesSlot(source) else { return counters.count(.maxConnectionsPerSource) }
        guard let neighbour = neighbours.min(by: { $0.load.count < $1.load.count }),
            neighbour.load.isWell(below: load.count)
        else {
            load.add()
            admit(socket, peerHost: peerHost)
            return
        }
        let arrival = ArrivingConnection(socket, slots: slots, load: neighbour.load)
        neighbour.loop.post {
            if let socket = arrival.take() { neighbour.server.admit(socket, peerHost: peerHost) }
        }
    }

    /// Begins to serve a socket that this server counts.
    private func admit(_ socket: consuming FileDescriptor, peerHost: String) {
        var sourceCount: SourceSlots.Count?
        if let sources, let source = SourceKey(host: peerHost) {
            sourceCount = sources.reserve(source)
            if sourceCount == nil {
                // In the kernel's queue it would delay every connection behind it, so it closes at once.
                counters.count(.maxConnectionsPerSource)
                return giveBack(nil)
            }
        }
        let descriptor = socket.rawValue
        guard let transport = provider.accepted(socket) else { return giveBack(sourceCount) }
        guard hasRoomForArrivals else {
            // Another loop accepted it, and that loop can't know.
            counters.evicted.add(1)
            return giveBack(sourceCount)
        }
        let connection = PendingConnection(socket: transport, peerHost: peerHost, server: self)
        do throws(SystemError) {
            try loop.watch(connection, descriptor: descriptor, for: PendingConnection.interest)
        } catch {
            return giveBack(sourceCount)
        }
        connection.listing.sourceCount = sourceCount
        add(connection)
    }

    /// Serves a stream of a multiplexed connection as if it were a connection.
    func accept(_ stream: MultiplexedStream, peerHost: String) {
        let connection = DownstreamConnection(transport: stream, peerHost: peerHost, server: self)
        connection.listing.holdsSlot = false
        stream.watch(connection, on: loop, for: .readable)
        add(connection)
    }

    /// The ledger that charges the buffers of a connection; nil without a memory account.
    func makeLedger(for connection: ServerConnection) -> MemoryLedger? {
        guard let memory else { return nil }
        // The streams of a shared connection carry requests of many clients, so their peer is no source.
        let source = connection.listing.holdsSlot ? SourceKey(host: connection.peerHost) : nil
        let ledger = MemoryLedger(account: memory, source: source, server: self)
        ledger.owner = connection
        return ledger
    }

    /// Closes the connections that hold the most memory, on every loop of the group.
    func relieve(withNeighbours: Bool = true) {
        guard let memory else { return }
        if relief == nil { relief = MemoryRelief(on: loop, account: memory) { [unowned self] in connections.all } }
        guard relief?.begin() == true, withNeighbours else { return }
        for neighbour in neighbours {
            neighbour.loop.post { neighbour.server.relieve(withNeighbours: false) }
        }
    }

    private func add(_ connection: ServerConnection) {
        counters.accepted.add(1)
        connections.add(connection, now: loop.now)
        connection.start()
    }

    /// Replaces a connection by its successor, for another protocol on the same transport.
    func replace(_ connection: ServerConnection, with successor: ServerConnection) {
        connections.replace(connection, with: successor)
        successor.listing.identityPermit = connection.listing.identityPermit.take()
        successor.listing.identityPermit?.connection = successor
    }

    /// Releases a closed connection. The connection and its exchanges live to the end of the turn, because one of their methods
    /// may still be on the stack.
    func remove(_ connection: ServerConnection) {
        loop.keepToEndOfTurn(connection)
        guard connections.remove(connection) else { return }
        connection.ownLedger?.close()
        counters.closed.add(1)
        if let place = connection.listing.identityPermit.take() { identities?.leave(place) }
        if connection.listing.holdsSlot {
            giveBack(connection.listing.sourceCount.take(), passesSlotOn: connection.listing.passesSlotOn)
            if !connection.listing.passesSlotOn { roomFreed() }
        }
        if isDraining && connections.isEmpty { onDrained() }
    }

    private func roomFreed() {
        for listener in listeners { listener.slotFreed() }
    }

    /// Releases the connection's slot, in total and for its source.
    private func giveBack(_ sourceCount: SourceSlots.Count?, passesSlotOn: Bool = false) {
        if !passesSlotOn { slots.release() }
        load.remove()
        if let sourceCount { sources?.release(sourceCount) }
    }

    // MARK: Pending connections

    /// Counts a connection without a finished handshake.
    func enter(_ arrival: PendingConnection) -> PendingConnection.Arrivals.Place {
        let (place, victim) = arrivals.enter(arrival, from: arrival.source, now: loop.now)
        evict(victim)
        return place
    }

    /// See `PendingConnections.asks`.
    func asks(_ place: PendingConnection.Arrivals.Place, _ isAsking: Bool) {
        arrivals.asks(place, isAsking)
        if !isAsking { roomFreed() }
    }

    func wasAnswered(_ arrival: PendingConnection, at place: inout PendingConnection.Arrivals.Place) {
        evict(arrivals.wasAnswered(&place, arrival, from: arrival.source))
    }

    func leave(_ place: PendingConnection.Arrivals.Place) {
        arrivals.leave(place)
        if !place.isAnswered { roomFreed() }
    }

    private func evict(_ victim: PendingConnection?) {
        guard let victim else { return }
        counters.evicted.add(1)
        victim.close()
    }

    /// Admits a peer with a verified identity, and takes a permit of that identity. Returns false if there is none.
    func letIn(_ arrival: PendingConnection) -> Bool {
        guard let identities else { return true }
        let identity = arrival.transport.peerIdentity
        let name: String
        switch identity {
        case .anonymous: return true
        // Every request from them is rejected. Together they share one identity's limit.
        case .unusable: name = ""
        case .uri(let uri): name = uri
        }
        if isAlwaysLetIn(identity) { return true }
        arrival.listing.identityPermit = identities.enter(arrival, as: name)
        if arrival.listing.identityPermit == nil { noteFull() }
        return arrival.listing.identityPermit != nil
    }

    func exchangeBegan() { counters.exchangesBegan.add(1) }

    func exchangeEnded(_ context: RequestContext) {
        counters.exchangesEnded.add(1)
        guard context.end() else { return }
        let nanoseconds = loop.now &- context.startedAt
        if counters.durations.count(status: context.status, nanoseconds: nanoseconds) {
            counters.latencies.count(nanoseconds: nanoseconds)
        }
        observer.onEnd?(context)
    }

    func handshakeFailed(_ error: TransportError, from peer: String) {
        counters.handshakeFailures.add(1)
        onHandshakeFailure(error, peer)
    }

    /// A connection broke after its handshake. In TLS 1.3 a client's rejection of our certificate arrives only then.
    func connectionFailed(_ error: TransportError, from peer: String) {
        if case .secure = error { onHandshakeFailure(error, peer) }
    }
}
