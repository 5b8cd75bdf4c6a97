private import Foundation
internal import Sockets

/// A listening socket on a free port of 127.0.0.1, for tests that act as a server.
package final class RawListener {
    package let port: UInt16
    private let socket: FileDescriptor

    package init() throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: 0) else { preconditionFailure("a literal") }
        socket = try Socket.listen(on: address)
        port = Socket.localPort(socket.rawValue)
    }

    /// The next connection. Blocks until it arrives.
    package func accept() throws(RawSocketError) -> RawSocket {
        var descriptor = pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, Int32(RawSocket.patienceSeconds * 1000)) == 1 else { throw .timedOut }
        let accepted = Foundation.accept(socket.rawValue, nil, nil)
        guard accepted >= 0 else { throw .failed(errno) }
        return RawSocket(owning: accepted)
    }

    /// True if a connection waits to be accepted.
    package var hasConnection: Bool {
        var descriptor = pollfd(fd: socket.rawValue, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }
}
