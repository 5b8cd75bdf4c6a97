import Connections
import Glibc
import HTTP
import Sockets
import TestSupport
import Testing

/// Bytes of a response that the kernel has accepted and the client has not read. The time limits apply to them too.
@Suite(.timeLimit(.minutes(5))) struct DeliveryTests {
    /// Fits into the kernel's buffers completely.
    private static let size = 1 << 20

    private static func server(_ change: (inout DownstreamLimits) -> Void) throws -> ScriptedServer {
        try ScriptedServer(limits: shortened(change)) { exchange in
            var size = Int32(2 * DeliveryTests.size)
            let transport = (exchange.downstream as? DownstreamConnection)?.transport as? SocketTransport
            setsockopt(
                transport?.descriptor.rawValue ?? -1, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            exchange.respond(String(repeating: "x", count: DeliveryTests.size))
        }
    }

    /// The request of a client that never reads.
    enum Manner: CaseIterable { case keepsAlive, asksToClose, endsItsSide }

    private func ask(_ manner: Manner, _ server: ScriptedServer) throws -> RawClient {
        let client = try server.client(receiveBuffer: 4 << 10)
        try client.send(
            RawClient.request("GET", "/", fields: manner == .keepsAlive ? "" : "Connection: close\r\n"))
        if manner == .endsItsSide { client.closeWrite() }
        return client
    }

    @Test(arguments: Manner.allCases) func aClientThatDoesNotReadTheEndIsReset(manner: Manner) throws {
        let server = try DeliveryTests.server {
            $0.idleMilliseconds = 100
            $0.lingerMilliseconds = 20
            $0.stallMilliseconds = 300
        }
        let client = try ask(manner, server)
        #expect(server.test.thread.eventually { server.test.server.counters.reached(.stallTimeout) == 1 })
        #expect(server.test.losesAllConnections())
        #expect(throws: RawSocketError.failed(ECONNRESET)) { while try client.receiveMore() {} }
        #expect(client.buffer.count < DeliveryTests.size)
    }

    /// The same connections with clients that read: no byte is lost, although the connections time out as idle
    /// meanwhile.
    @Test(arguments: Manner.allCases) func aClientThatReadsTheEndGetsAll(manner: Manner) throws {
        let server = try DeliveryTests.server {
            $0.idleMilliseconds = 1
            $0.lingerMilliseconds = 1
        }
        let client = try ask(manner, server)
        #expect(server.test.thread.eventually { server.test.server.counters.exchangesEnded.current == 1 })
        #expect(try client.receiveResponse().body.count == DeliveryTests.size)
        #expect(try client.isEndedByPeer())
        #expect(server.test.server.counters.reached(.stallTimeout) == 0)
    }
}
