import HTTP
import Sockets
import TestSupport
import Testing

@testable import Connections

/// Repeated calls of sources. A lost call would show as a hung connection.
struct WakingTests {
    private final class Counted: EventSource {
        var calls = 0
        override func ready(_ readiness: Readiness) { calls += 1 }
    }

    @Test func twoRequestsForTheNextTurnGiveOneCall() throws {
        let loop = try EventLoop()
        let source = Counted()
        loop.watchWithoutDescriptor(source)
        for _ in 0..<2 { loop.callNextTurn(source) }
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(source.calls == 1)
        loop.callNextTurn(source)
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(source.calls == 2)
        loop.unwatch(source)
    }

    /// A stream without room. It accepts nothing, and reports room only to a source with that interest at the time.
    private final class FullTransport: Transport {
        var interest: Readiness = []
        var needsHandshake: Bool { false }
        var peerIdentity: PeerIdentity { .anonymous }
        var negotiatedProtocol: ApplicationProtocol? { nil }
        var hasBufferedInput: Bool { false }
        var undelivered: Int { 0 }
        func handshake() -> HandshakeResult { .complete }
        func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult { .wouldBlock(.read) }
        func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult { .wouldBlock(.write) }
        func closeWrite() {}
        func releaseBuffers() {}
        func close() {}
        func reset() {}
        func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) { self.interest = interest }
        func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness) { self.interest = interest }
        func unwatch(_ source: EventSource, on loop: EventLoop) {}
    }

    @Test func aBlockedRequestWaitsForRoomAtOnce() throws {
        let loop = try EventLoop()
        let address = try #require(SocketAddress(host: "127.0.0.1", port: 1))
        let connection = UpstreamConnection(
            loop: loop, endpoint: UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody),
            provider: TransportProvider())
        let transport = FullTransport()
        connection.start(over: transport)
        let client = RecordingClient(log: EventLog())
        connection.begin(client, method: .post)
        [UInt8](repeating: 7, count: 8_000).withUnsafeBufferPointer { connection.write($0) }
        #expect(transport.interest.contains(.writable))
        // No byte has left, so the request may go to another worker.
        #expect(!connection.isRequestOnTheWay)
        connection.cancel()
    }
}
