/// What a frame does to its stream.
package enum FrameKind: UInt8, Sendable, CaseIterable {
    /// Begins a stream, with its first bytes; only the side that made the connection sends it.
    case open = 0
    /// More bytes of the stream.
    case data = 1
    /// The sender's direction is complete. No payload.
    case end = 2
    /// The stream is over in both directions, at once. No payload.
    case reset = 3
    /// Like `reset`, and the sender has looked at nothing of the stream: its request may be sent elsewhere. No payload.
    case refuse = 4
    /// The sender can take more bytes of the stream: four bytes, the number of bytes.
    case credit = 5
}
