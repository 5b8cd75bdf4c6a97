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

    /// Bytes were received that `receive` has not given out yet: readiness does not tell of them.
    var hasBufferedInput: Bool { get }

    /// The next bytes, lent until the next call of this for any transport of the loop: whoever wants them longer copies them.
    ///
    /// - Parameter scratch: where they are put when the transport has no memory of its own for them; its size is also about how
    ///   much is taken from the socket at once.
    func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult

    /// Takes what there is room for of the bytes, and sends it after what was gathered; see `unsent`.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult

    /// Takes content that may wait for more, so that one system call sends a lot: `flush` or `write` have to follow before the
    /// loop waits again. The bytes are `first` and then `second`.
    func gather(_ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>) -> TransportResult

    /// Sends what was taken, as far as the socket does: `.bytes` when none of it waits any more.
    func flush() -> TransportResult

    /// Bytes that were taken and have not left: gathered, or waiting until the transport is ready for writing. Bounded.
    var unsent: Int { get }

    /// Ends our direction behind everything that was taken: close_notify where there is TLS, then FIN, in the segment of the last
    /// bytes where they fit into it.
    ///
    /// - Returns: `.bytes` when that is done, `.wouldBlock` while something waits for the socket: `flush`, and call this again.
    func finish() -> TransportResult

    /// The same at once: what has not left by now never does. Best effort, never blocks.
    func closeWrite()

    /// `.endOfStream` comes before the end of the connection below it, of which readiness tells (`.hangup`). Whoever closes between
    /// the two leaves half of a connection in the kernel, that answers the peer's next one from the same port with a refusal.
    var endsBeforeConnection: Bool { get }

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

/// For transports that keep nothing back.
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

/// What came.
public enum ReceiveResult {
    /// 1 or more.
    case bytes(UnsafeBufferPointer<UInt8>)
    /// Nothing has come; try again when the transport is ready for this direction.
    case wouldBlock(TransportDirection)
    /// The peer has ended its direction properly.
    case endOfStream
    case failed(TransportError)
}

/// How a write went.
public enum TransportResult {
    /// 1 or more, if not said otherwise.
    case bytes(Int)
    /// Nothing could be moved; try again when the transport is ready for this direction.
    case wouldBlock(TransportDirection)
    /// The peer has ended its direction properly.
    case endOfStream
    case failed(TransportError)
}
