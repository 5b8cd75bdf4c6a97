import Connections
import Glibc
import HTTP
import Sockets
import TestSupport
import Testing

/// What the kernel has taken of a response, and the client has not: no less is a limit then.
@Suite(.timeLimit(.minutes(2))) struct DeliveryTests {
    /// Fits into the kernel's buffers whole.
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

    /// How a client asks that never reads.
    enum Manner: CaseIterable { case keepsAlive, asksToClose, endsItsSide }

    private func ask(_ manner: Manner, _ server: ScriptedServer) throws -> RawClient {
        let client = try server.client(receiveBuffer: 4 << 10)
        try client.send(
            RawClient.request("GET", "/", fields: manner == .keepsAlive ? "" : "Connection: close\r\n"))
        if manner == .endsItsSide { client.closeWrite() }
        return client
    }

    @Test(arguments: Manner.allCases) func whoDoesNotTakeItIsReset(manner: Manner) throws {
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

    /// The same connections, of clients that read: nothing is lost, although they are given up as idle meanwhile.
    @Test(arguments: Manner.allCases) func whoTakesItGetsAll(manner: Manner) throws {
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
