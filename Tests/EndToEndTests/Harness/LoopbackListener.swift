import Foundation
import Synchronization

/// A listening socket on a free loopback port, with a thread for each connection.
final class LoopbackListener: Sendable {
    let port: UInt16
    private let listener: Int32
    /// The open connections; nil after the stop.
    private let connections = Mutex<[ObjectIdentifier: PlainSocket]?>([:])

    /// - Parameter port: 0 for a free port; another value for the port of a stopped listener.
    init(port: UInt16 = 0) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        self.listener = listener
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let bound = LoopbackAddress.with(port: port) { bind(listener, $0, $1) }
        guard bound == 0, listen(listener, 64) == 0 else { throw HarnessError("no application can listen") }
        var address = sockaddr_in()
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(listener, $0, &size) }
        }
        self.port = UInt16(bigEndian: address.sin_port)
    }

    /// Begins to accept. Each connection runs `serve` on a thread of its own.
    func start(_ serve: @escaping @Sendable (PlainSocket) -> Void) {
        Thread.detachNewThread { [self] in
            while true {
                let connection = accept(listener, nil, nil)
                guard connection >= 0 else { return }
                let socket = PlainSocket(owning: connection, patienceSeconds: 60)
                let isOpen = connections.withLock { connections in
                    connections?[ObjectIdentifier(socket)] = socket
                    return connections != nil
                }
                guard isOpen else { return }
                Thread.detachNewThread { [self] in
                    serve(socket)
                    connections.withLock { _ = $0?.removeValue(forKey: ObjectIdentifier(socket)) }
                    socket.finish()
                }
            }
        }
    }

    /// Stops listening and breaks off open connections.
    func stop() {
        let open = connections.withLock { connections in
            // Under the lock, no other thread can close these sockets and reuse their numbers.
            for socket in (connections ?? [:]).values { socket.breakOff() }
            return connections.take() != nil
        }
        guard open else { return }
        shutdown(listener, Int32(SHUT_RDWR))
        close(listener)
    }
}
