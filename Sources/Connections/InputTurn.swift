internal import Sockets

/// What one source receives in one turn of its loop: as much as there is, but not so much that a fast sender holds the loop.
struct InputTurn {
    /// Bytes that may still be received.
    private var left = 512 << 10
    private var hasReceived = false
    /// Small pieces cost more than their bytes.
    private static let leastCost = 4 << 10

    init() {}

    /// The next piece; nil when this turn has had what there is, or enough of it.
    ///
    /// - Parameters:
    ///   - scratch: where the transport may put it; it is valid until the next call.
    ///   - source: is called again in the next turn when the transport still holds something by then.
    mutating func receive(
        from transport: any Transport, using scratch: UnsafeMutableBufferPointer<UInt8>, for source: EventSource,
        on loop: EventLoop
    ) -> ReceiveResult? {
        // What is in the socket the loop tells of again; what TLS has read ahead, nobody would.
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
