/// The effect of a frame on its stream.
package enum FrameKind: UInt8, Sendable, CaseIterable {
    /// Opens a stream, with its first bytes. Only the side that made the connection sends it.
    case open = 0
    /// More bytes of the stream.
    case data = 1
    /// Ends the sender's direction of the stream. No payload.
    case end = 2
    /// Ends both directions of the stream at once. No payload.
    case reset = 3
    /// Like `reset`; in addition, the sender has processed nothing of the stream. The peer may send the request
    /// elsewhere. No payload.
    case refuse = 4
    /// Permits the peer to send more bytes of the stream. The payload is the number of bytes, in four bytes.
    case credit = 5
}
