internal import Sockets

/// Bounds the bytes that one source receives in one turn, so that a fast sender does not occupy the loop.
struct InputTurn {
    /// The remaining bytes.
    private var left = 512 << 10
    private var hasReceived = false
    /// The least charge for a piece: small pieces cost more than their bytes.
    private static let leastCost = 4 << 10

    init() {}

    /// Returns the next piece; nil if there is none or the turn's bound is reached.
    ///
    /// - Parameters:
    ///   - scratch: memory for the transport. The piece is valid until the next call.
    ///   - source: called again in the next turn if the transport then still holds bytes.
    mutating func receive(
        from transport: any Transport, using scratch: UnsafeMutableBufferPointer<UInt8>, for source: EventSource,
        on loop: EventLoop
    ) -> ReceiveResult? {
        // The loop reports bytes in the socket again. Bytes that TLS has read ahead would stay unnoticed.
        if hasReceived && !transport.hasBufferedInput { return nil }
        guard left > 0 else {
            loop.callNextTurn(source)
            return nil
        }
        let result = transport.receive(using: scratch)
        if case .bytes(let bytes) = result {
            hasReceived = true
            left -= max(bytes.count, InputTurn.leastCost)
        }
        return result
    }
}
