package import Sockets

/// A connection that a server has accepted, in any protocol. The server lists, drains and closes it.
package class ServerConnection: EventSource {
    /// The server of the loop and listener. It holds the connection until `Server.remove`, which every connection calls
    /// once, when it closes.
    package let server: Server
    package let transport: any Transport
    /// The client's address, without port; empty for a unix socket.
    package let peerHost: String
    /// The server's record of this connection.
    var listing = ConnectionListing()
    /// Nil until the connection holds something, and without an account.
    private(set) var ownLedger: MemoryLedger?
    private let live: LiveObject

    init(transport: any Transport, peerHost: String, server: Server) {
        self.server = server
        self.transport = transport
        self.peerHost = peerHost
        live = LiveObject(ServerConnection.self, on: server.loop)
    }

    package var loop: EventLoop { server.loop }

    /// The ledger for the connection's buffers; nil if the server has no account.
    package var ledger: MemoryLedger? {
        if let ownLedger { return ownLedger }
        guard listing.isListed else { return nil }
        ownLedger = server.makeLedger(for: self)
        return ownLedger
    }

    /// The connection neither ends nor has ended.
    var isOpen: Bool { false }

    /// A request is in progress.
    var isServing: Bool { false }

    /// Bytes of a request or a response have moved.
    final func noteMoved(_ count: Int) { listing.progress.moved(count, now: loop.now) }

    /// A request begins on a connection without another one.
    final func noteBegun() { listing.progress.began(now: loop.now) }

    /// The reason for which the server closes a connection that has done nothing wrong.
    enum Shortage {
        case memory
        /// Another client needs the slot.
        case slots
    }

    /// Closes the connection because of a shortage. The client learns that from the protocol, if it can.
    func shed(for shortage: Shortage) {
        server.count(shortage)
        close()
    }

    /// Sheds the connection if no memory is left and the connection holds a large part of it.
    ///
    /// - Returns: true if it has shed the connection.
    final func shedIfFull() -> Bool {
        guard let ownLedger, ownLedger.isExcessive, isOpen else { return false }
        shed(for: .memory)
        return true
    }

    /// One more request may begin, while only the reserve of the process's budget is left.
    final func mayBeginRequest(from memory: MemoryAccount) -> Bool {
        if let ownLedger {
            return ownLedger.heldBySource.map(memory.mayBegin) ?? !memory.isFull
        }
        // A stream of a shared connection has no source.
        guard listing.holdsSlot, let source = SourceKey(host: peerHost) else { return !memory.isFull }
        return memory.mayBegin(source: memory.held(by: source))
    }

    /// See `Downstream.isPeerCertified`. False for a stream of a shared connection: no worker registers over one.
    package func isPeerCertified(for host: String) -> Bool {
        (transport as? SocketTransport)?.isPeerCertified(for: host) ?? false
    }

    /// The TLS of the client's connection; nil without TLS, and for a stream of a shared connection.
    final var negotiatedTLS: NegotiatedTLS? { (transport as? SocketTransport)?.negotiatedTLS }

    /// Begins: the connection is in the server's list and the loop watches it.
    func start() {}

    /// Finishes the requests in progress, then closes. An accepted connection is served at least once.
    func drain() {}

    /// Closes at once, and leaves the server's list.
    package func close() {}
}
