/// The transport of a connection before it has one, and after it has closed: no byte moves, and nothing is reported.
package final class UnconnectedTransport: Transport, Sendable {
    package static let shared = UnconnectedTransport()

    private init() {}

    package var needsHandshake: Bool { false }
    package func handshake() -> HandshakeResult { .complete }
    package var peerIdentity: PeerIdentity { .anonymous }
    package var negotiatedProtocol: ApplicationProtocol? { nil }
    package var hasBufferedInput: Bool { false }
    package func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult { .wouldBlock(.read) }
    package func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult { .wouldBlock(.write) }
    package func closeWrite() {}
    package func releaseBuffers() {}
    package func close() {}
    package func reset() {}
    package var undelivered: Int { 0 }
    package func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {}
    package func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {}
    package func unwatch(_ source: EventSource, on loop: EventLoop) {}
}
