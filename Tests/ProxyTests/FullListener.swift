import Foundation
import Sockets
import TestSupport

/// A listener with a full queue and without accepts: further connections neither complete nor fail.
final class FullListener {
    let port: UInt16
    private let socket: FileDescriptor
    private var waiting: [Int32] = []

    init() throws {
        guard let address = SocketAddress(host: "127.0.0.1", port: 0) else { throw RawSocketError.malformed("address") }
        socket = try Socket.listen(on: address, backlog: 0)
        port = Socket.localPort(socket.rawValue)
        guard let target = SocketAddress(host: "127.0.0.1", port: port) else {
            throw RawSocketError.malformed("address")
        }
        // A backlog of 0 still accepts one or two. The other connections hang.
        for _ in 0..<4 { waiting.append(try Socket.connect(to: target).take().release()) }
    }

    deinit { for descriptor in waiting { _ = FileDescriptor(owning: descriptor) } }
}
