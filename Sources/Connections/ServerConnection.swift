package import Sockets

/// A connection that a server has accepted, in whatever protocol: what the server lists, drains and closes.
package class ServerConnection: EventSource {
    /// The loop and listener that the connection belongs to. Each holds the other until the connection closes.
    package let server: Server
    package let transport: any Transport
    /// The client's address, without port; empty for a unix socket.
    package let peerHost: String
    /// The place in the server's list.
    var listIndex = -1
    /// Whether it takes one of the server's `ConnectionSlots`: streams share the one of their connection.
    var holdsSlot = true

    init(transport: any Transport, peerHost: String, server: Server) {
        self.server = server
        self.transport = transport
        self.peerHost = peerHost
    }

    package var loop: EventLoop { server.loop }

    /// Begins: the connection is in the server's list and the loop watches it.
    func start() {}

    /// Lets what is under way finish, then closes; whoever got in is served at least once.
    func drain() {}

    /// Lets go of everything at once, and leaves the server's list.
    package func close() {}
}
