/// A byte stream to one peer: a socket (`SocketTransport`), TLS over a socket, or a stream that shares a connection
/// with others.
///
/// Would-block and end of stream are values. After `.failed`, or after `.endOfStream` from `write`, the transport is
/// unusable. It belongs to one loop.
package protocol Transport: AnyObject {
    /// `handshake` has to complete before bytes flow.
    var needsHandshake: Bool { get }

    func handshake() -> HandshakeResult

    /// The verified identity of the peer. Valid after the handshake.
    var peerIdentity: PeerIdentity { get }

    /// The negotiated protocol (RFC 7301). Valid after the handshake. Nil without a negotiation.
    var negotiatedProtocol: ApplicationProtocol? { get }

    /// There are received bytes that `receive` has not returned yet. Readiness does not report them.
    var hasBufferedInput: Bool { get }

    /// Lends the next bytes until the next call of this function for any transport of the loop. A caller that needs
    /// them longer copies them.
    ///
    /// - Parameter scratch: the buffer of a transport without memory of its own. Its size is also the approximate
    ///   number of bytes that one call takes from the socket.
    func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult

    /// Accepts as many of the bytes as fit, and sends them after the collected ones. See `unsent`.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult

    /// Accepts content that may wait for more, so that one system call sends many bytes. A call of `flush` or `write`
    /// must follow before the loop waits again. The bytes are `first` and then `second`.
    func gather(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> TransportResult

    /// Sends accepted bytes until the socket blocks. Returns `.bytes` when none waits.
    func flush() -> TransportResult

    /// The accepted bytes that have not left: collected, or waiting for a writable socket. Bounded.
    var unsent: Int { get }

    /// The number of bytes that the transport would accept now, as far as it knows.
    var room: Int { get }

    /// The number of arrived bytes that wait here for a receiver.
    var unread: Int { get }

    /// Closes the sending side after all accepted bytes: close_notify with TLS, then FIN, in the segment of the last
    /// bytes if it fits.
    ///
    /// - Returns: `.bytes` when it is closed; `.wouldBlock` while bytes wait for the socket: call `flush`, and then
    ///   this function again.
    func finish() -> TransportResult

    /// Closes the sending side at once and drops the bytes that have not left. It never blocks. Errors are ignored.
    func closeWrite()

    /// `.endOfStream` comes before the end of the connection below it, which readiness reports (`.hangup`). A caller
    /// that closes between the two leaves a half-closed connection in the kernel. The kernel would refuse the peer's
    /// next connection from the same port.
    var endsBeforeConnection: Bool { get }

    /// Frees memory that only speeds up the next bytes. For an idle connection.
    func releaseBuffers()

    /// Closes the transport. An unfinished direction breaks off. A socket closes with the last reference to its
    /// transport.
    func close()

    /// Closes the transport and drops written bytes that have not arrived. The peer gets a reset at once. After a
    /// `close` the kernel would continue to deliver them, and the peer decides how long.
    func reset()

    /// The number of written bytes that the peer's host has not acknowledged, as far as known; 0 if another transport
    /// delivers them.
    var undelivered: Int { get }

    /// Starts reporting readiness to `source`.
    func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) throws(SystemError)

    /// Changes the interest of the watching source.
    func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness)

    /// Stops reporting. The source lives at least to the end of the loop's turn.
    func unwatch(_ source: EventSource, on loop: EventLoop)
}

/// Defaults for transports that hold no bytes back.
extension Transport {
    package func gather(
        _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
    ) -> TransportResult {
        guard !first.isEmpty else { return write(second) }
        let result = write(first)
        guard case .bytes(first.count) = result, !second.isEmpty else { return result }
        guard case .bytes(let count) = write(second) else { return result }
        return .bytes(first.count + count)
    }

    package func flush() -> TransportResult { .bytes(0) }

    package var unsent: Int { 0 }
    package var room: Int { .max }
    package var unread: Int { 0 }

    package func finish() -> TransportResult {
        closeWrite()
        return .bytes(0)
    }

    package var endsBeforeConnection: Bool { false }
}

public enum TransportDirection: Sendable { case read, write }

public enum HandshakeResult {
    case complete
    case wants(TransportDirection)
    case failed(TransportError)
}

/// The result of a receive.
public enum ReceiveResult {
    /// At least one byte.
    case bytes(UnsafeBufferPointer<UInt8>)
    /// Nothing has arrived. Try again when the transport is ready for this direction.
    case wouldBlock(TransportDirection)
    /// The peer has closed its sending side properly.
    case endOfStream
    case failed(TransportError)
}

/// The result of a write.
public enum TransportResult {
    /// The number of bytes, at least 1 unless a function says otherwise.
    case bytes(Int)
    /// No byte was moved. Try again when the transport is ready for this direction.
    case wouldBlock(TransportDirection)
    /// The peer has closed its sending side properly.
    case endOfStream
    case failed(TransportError)
}
