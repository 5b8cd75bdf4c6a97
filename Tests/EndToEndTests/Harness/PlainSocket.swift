import Foundation

/// A blocking stream socket. Every wait has a time limit.
///
/// It belongs to one thread. Another thread may only break it off while it is open.
final class PlainSocket: @unchecked Sendable {
    private let descriptor: Int32
    private var isClosed = false

    /// Takes ownership of a connected socket.
    init(owning descriptor: Int32, patienceSeconds: Int = 20) {
        self.descriptor = descriptor
        var patience = timeval(tv_sec: patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    /// Connects to a loopback port.
    ///
    /// - Parameter source: the address of this end, of 127.0.0.0/8; nil for 127.0.0.1.
    convenience init(port: UInt16, from source: String? = nil, patienceSeconds: Int = 20) throws {
        self.init(
            owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0),
            patienceSeconds: patienceSeconds)
        if let source {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            inet_pton(AF_INET, source, &address.sin_addr)
            let bound = withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard bound == 0 else { throw HarnessError("no socket at \(source)") }
        }
        let result = LoopbackAddress.with(port: port) { connect(descriptor, $0, $1) }
        guard result == 0 else {
            throw HarnessError("no connection to port \(port): \(String(cString: strerror(errno)))")
        }
    }

    deinit { finish() }

    func finish() {
        guard !isClosed else { return }
        isClosed = true
        close(descriptor)
    }

    /// Closes both directions. A thread that waits here continues.
    func breakOff() {
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Closes the sending side only.
    func finishSending() {
        shutdown(descriptor, Int32(SHUT_WR))
    }

    /// Returns false if the peer is gone.
    @discardableResult
    func send(_ bytes: Data) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress! + sent, $0.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 { sent += count } else if errno != EINTR { return false }
        }
        return true
    }

    /// Returns the next bytes; nil at the end of the stream, after an error, or after the time limit.
    func receive() -> Data? {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = recv(descriptor, &piece, piece.count, 0)
            if count > 0 { return Data(piece[..<count]) }
            if count == 0 || errno != EINTR { return nil }
        }
    }

    /// Returns everything up to the end.
    func receiveAll() -> Data {
        var all = Data()
        while let piece = receive() { all.append(piece) }
        return all
    }
}
