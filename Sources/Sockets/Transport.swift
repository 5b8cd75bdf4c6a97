/// A byte stream to one peer: a socket (`SocketTransport`), TLS over one, or a stream that shares a connection with
/// others.
///
/// Would-block and end of stream are values. After `.failed`, or `.endOfStream` from `write`, the transport is of no
/// further use. Belongs to one loop.
package protocol Transport: AnyObject {
    /// Whether `handshake` has to complete before bytes flow.
    var needsHandshake: Bool { get }

    func handshake() -> HandshakeResult

    /// Who the peer proved to be; asked after the handshake.
    var peerIdentity: PeerIdentity { get }

    /// What both sides agreed to speak (RFC 7301); asked after the handshake. Nil when nothing was negotiated.
    var negotiatedProtocol: ApplicationProtocol? { get }

    /// Bytes were received that `read` has not given out yet: readiness does not tell of them.
    var hasBufferedInput: Bool { get }

    func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> TransportResult

    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult

    /// Ends our direction: close_notify where there is TLS, then FIN. Best effort, never blocks.
    func closeWrite()

    /// Gives up memory that only speeds up the next bytes: for a connection that has gone quiet.
    func releaseBuffers()

    /// Lets go: what is not ended yet breaks off. A socket closes with the last reference to its transport.
    func close()

    /// Lets go, and gives up what was written and has not arrived: the peer is told at once. After a `close` the kernel would
    /// go on to deliver it for as long as the peer likes.
    func reset()

    /// Bytes that were written and that the peer's host has not acknowledged, as far as this transport can tell; 0 where
    /// another transport looks after them.
    var undelivered: Int { get }

    /// Starts telling `source` when bytes can be moved.
    func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) throws(SystemError)

    /// Changes what the watching source hears of.
    func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness)

    /// Stops telling. The source lives to the end of the loop's turn at least.
    func unwatch(_ source: EventSource, on loop: EventLoop)
}

public enum TransportDirection: Sendable { case read, write }

public enum HandshakeResult {
    case complete
    case wants(TransportDirection)
    case failed(TransportError)
}

/// How a read or a write went.
public enum TransportResult {
    /// 1 or more.
    case bytes(Int)
    /// Nothing could be moved; try again when the transport is ready for this direction.
    case wouldBlock(TransportDirection)
    /// The peer has ended its direction properly.
    case endOfStream
    case failed(TransportError)
}
