private import Glibc

/// A byte stream over a connected, non-blocking socket: plain here, TLS in a subclass.
///
/// Would-block and end of stream are values. After `.failed` or `.endOfStream` from `write` the transport is of no
/// further use.
open class Transport {
    public enum Direction: Sendable { case read, write }

    public enum HandshakeResult {
        case complete
        case wants(Direction)
        case failed(TransportError)
    }

    public enum Result {
        /// 1 or more.
        case bytes(Int)
        /// Nothing could be moved; try again when the socket is ready for this direction.
        case wouldBlock(Direction)
        /// The peer has ended its direction properly.
        case endOfStream
        case failed(TransportError)
    }

    public let descriptor: FileDescriptor

    public init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    /// Whether `handshake` has to complete before bytes flow.
    open var needsHandshake: Bool { false }

    open func handshake() -> HandshakeResult { .complete }

    /// Who the peer proved to be; asked after the handshake.
    open var peerIdentity: PeerIdentity { .anonymous }

    /// Bytes were received from the socket that `read` has not given out yet: the socket's readiness does not tell of
    /// them.
    open var hasBufferedInput: Bool { false }

    open func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Result {
        let count = Glibc.recv(descriptor.rawValue, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .bytes(count) }
        if count == 0 { return .endOfStream }
        if errno == EAGAIN || errno == EINTR { return .wouldBlock(.read) }
        return .failed(.system(SystemError("recv")))
    }

    open func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Result {
        let count = Glibc.send(descriptor.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        if count >= 0 { return .bytes(count) }
        if errno == EAGAIN || errno == EINTR { return .wouldBlock(.write) }
        return .failed(.system(SystemError("send")))
    }

    /// Ends our direction: close_notify where there is TLS, then FIN. Best effort, never blocks.
    open func closeWrite() {
        _ = Glibc.shutdown(descriptor.rawValue, Int32(SHUT_WR))
    }
}
