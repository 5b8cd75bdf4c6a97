import Connections
import Sockets
import TestSupport
import Testing

/// The end of connections whose streams end first. They close only after the client has, so that the kernel keeps no
/// state that would refuse the client's next connection from the same port.
@Suite(.timeLimit(.minutes(5))) struct EndTests {
    /// The reason why the server ends a connection.
    enum Reason: CaseIterable {
        case lastResponse, brokenHTTP2

        var request: [UInt8] {
            switch self {
            case .lastResponse: Array(RawClient.request("GET", "/", fields: "Connection: close\r\n").utf8)
            // SETTINGS of one byte (RFC 9113, 6.5).
            case .brokenHTTP2: Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [0, 0, 1, 4, 0, 0, 0, 0, 0, 0]
            }
        }
    }

    private func server(lingerMilliseconds: Int) throws -> ScriptedServer {
        try ScriptedServer(
            limits: shortened { $0.lingerMilliseconds = lingerMilliseconds }, protocols: [.http2, .http1],
            provider: GoodbyeProvider(), script: ScriptedServer.describe)
    }

    /// A client that has received everything, including the end, and has closed its side.
    private func finished(_ reason: Reason, at server: ScriptedServer) throws -> RawClient {
        let client = try server.client()
        try client.send(reason.request)
        #expect(try !client.receiveToEnd().isEmpty)
        try client.send([GoodbyeTransport.goodbye])
        return client
    }

    /// Waits until the server has processed all earlier bytes.
    private func passTurn(_ server: ScriptedServer) throws -> RawClient {
        let other = try server.client()
        #expect(try other.exchange("GET", "/").status == 200)
        return other
    }

    @Test(arguments: Reason.allCases) func waitsUntilTheClientCloses(reason: Reason) throws {
        let server = try server(lingerMilliseconds: 3_600_000)
        let client = try finished(reason, at: server)
        let other = try passTurn(server)
        #expect(server.test.onLoop { $0.connectionCount } == 2)
        client.close()
        #expect(server.test.has(connections: 1))
        withExtendedLifetime(other) {}
    }

    @Test(arguments: Reason.allCases) func acceptsNothingAfterTheEnd(reason: Reason) throws {
        let server = try server(lingerMilliseconds: 3_600_000)
        let client = try finished(reason, at: server)
        let other = try passTurn(server)
        try client.send("more")
        #expect(server.test.has(connections: 1))
        withExtendedLifetime((client, other)) {}
    }

    @Test(arguments: Reason.allCases) func doesNotWaitForLong(reason: Reason) throws {
        let server = try server(lingerMilliseconds: 20)
        let client = try finished(reason, at: server)
        #expect(server.test.losesAllConnections())
        withExtendedLifetime(client) {}
    }
}
