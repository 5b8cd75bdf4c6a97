private import Foundation

/// A blocking stream socket. A test uses it to act as the peer, byte by byte.
///
/// Every blocking call fails after `RawSocket.patienceSeconds`, so that a test fails instead of hanging.
package class RawSocket {
    /// Time limit of one blocking call. The limit is generous, because it ends only failing tests.
    package static let patienceSeconds = isSanitized ? 60 : 20
    /// True under `scripts/test --sanitize`, where everything takes several times as long.
    private static let isSanitized = ProcessInfo.processInfo.environment["UNDERSTUDY_SANITIZER"] != nil

    package let descriptor: Int32
    /// Received bytes that the test has not taken yet.
    package var buffer: [UInt8] = []
    private var isClosed = false

    /// Takes ownership of a connected socket.
    package init(owning descriptor: Int32) {
        self.descriptor = descriptor
        let flags = fcntl(descriptor, F_GETFL)
        _ = fcntl(descriptor, F_SETFL, flags & ~O_NONBLOCK)
        var patience = timeval(tv_sec: RawSocket.patienceSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
    }

    deinit { close() }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        _ = Foundation.close(descriptor)
    }

    /// Closes the connection with a reset, like a process that dies with unread input.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    /// Closes the sending direction. Receiving remains possible.
    package func closeWrite() {
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    // MARK: Sending

    package func send(_ text: String) throws(RawSocketError) {
        try send(Array(text.utf8))
    }

    package func send(_ bytes: [UInt8]) throws(RawSocketError) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Foundation.send(descriptor, buffer.baseAddress! + sent, buffer.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
            } else if errno != EINTR {
                throw errno == EAGAIN ? .timedOut : .failed(errno)
            }
        }
    }

    /// Sends one segment per byte, as far as the kernel permits (TCP_NODELAY).
    package func sendByteByByte(_ text: String) throws(RawSocketError) {
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        for byte in text.utf8 { try send([byte]) }
    }

    // MARK: Receiving

    /// Receives once and appends to `buffer`.
    ///
    /// - Returns: false at the end of the stream.
    package func receiveMore(atMost limit: Int = 64 << 10) throws(RawSocketError) -> Bool {
        var piece = [UInt8](repeating: 0, count: limit)
        while true {
            let count = recv(descriptor, &piece, limit, 0)
            if count > 0 {
                buffer.append(contentsOf: piece[..<count])
                return true
            }
            if count == 0 { return false }
            if errno != EINTR { throw errno == EAGAIN ? .timedOut : .failed(errno) }
        }
    }

    /// Takes all bytes up to and including `mark`.
    package func receive(until mark: String) throws(RawSocketError) -> String {
        let mark = Array(mark.utf8)
        var searched = 0
        while true {
            if let end = end(of: mark, from: searched) {
                return String(decoding: take(end), as: UTF8.self)
            }
            searched = max(0, buffer.count - mark.count)
            guard try receiveMore() else { throw .ended(after: String(decoding: buffer, as: UTF8.self)) }
        }
    }

    /// Takes exactly `count` bytes.
    package func receive(count: Int) throws(RawSocketError) -> [UInt8] {
        while buffer.count < count {
            guard try receiveMore() else { throw .ended(after: String(decoding: buffer.prefix(1024), as: UTF8.self)) }
        }
        return take(count)
    }

    /// Takes all bytes up to the end of the stream.
    package func receiveToEnd() throws(RawSocketError) -> [UInt8] {
        while try receiveMore() {}
        return take(buffer.count)
    }

    /// True if the peer ends the stream without sending more bytes.
    package func isEndedByPeer() throws(RawSocketError) -> Bool {
        guard buffer.isEmpty else { return false }
        return try !receiveMore()
    }

    private func take(_ count: Int) -> [UInt8] {
        let taken = Array(buffer[..<count])
        buffer.removeFirst(count)
        return taken
    }

    private func end(of mark: [UInt8], from start: Int) -> Int? {
        guard buffer.count >= mark.count else { return nil }
        return (start...(buffer.count - mark.count)).first { buffer[$0..<($0 + mark.count)].elementsEqual(mark) }
            .map { $0 + mark.count }
    }
}
