import Connections
import HTTP
import Sockets
import TestSupport
import Testing

/// HTTP/2 clients that close their sending side and wait for their responses.
@Suite(.timeLimit(.minutes(5))) struct HTTP2HalfClosedTests {
    private func server(_ milliseconds: Int, _ script: @escaping (ScriptedExchange) -> Void) throws -> ScriptedServer {
        let limits = HTTP2ConnectionTests.limits { $0.halfClosedMilliseconds = milliseconds }
        return try ScriptedServer(limits: limits, protocols: [.http2, .http1], script: script)
    }

    private let patient = 3_600_000

    @Test func halfClosedClientsGetTheirResponses() throws {
        let server = try server(patient) { exchange in
            exchange.atEnd = { exchange in exchange.after(milliseconds: 20) { $0.respond($0.target) } }
        }
        let client = try HTTP2Client(port: server.test.port)
        let streams = try (0..<5).map { try client.begin("POST", "/\($0)", body: "abc") }
        client.closeWrite()
        for (number, stream) in streams.enumerated() { #expect(try client.finish(stream).text == "/\(number)") }
        try client.receiveToEnd()
        #expect(client.goAwayCode == 0)
        #expect(server.test.losesAllConnections())
    }

    @Test func incompleteRequestsOfHalfClosedClientsAreReset() throws {
        let server = try server(patient) { exchange in
            exchange.atEnd = { exchange in exchange.after(milliseconds: 20) { $0.respond($0.target) } }
        }
        let client = try HTTP2Client(port: server.test.port)
        let whole = try client.begin("GET", "/whole")
        let half = try client.begin("POST", "/half", isEnd: false)
        client.closeWrite()
        #expect(try client.finish(half).resetCode == 8)
        #expect(try client.finish(whole).text == "/whole")
        try client.receiveToEnd()
        #expect(server.test.losesAllConnections())
    }

    @Test func halfClosedClientsHaveLimitedTime() throws {
        let server = try server(50) { _ in }
        let client = try HTTP2Client(port: server.test.port)
        _ = try client.begin("GET", "/silence")
        client.closeWrite()
        try client.receiveToEnd()
        #expect(server.test.losesAllConnections())
        #expect(server.test.becomesIdle())
    }

    @Test func halfClosedClientsWithoutARequestAreClosed() throws {
        let server = try server(patient, ScriptedServer.describe)
        let client = try HTTP2Client(port: server.test.port)
        #expect(try client.exchange("GET", "/a").status == 200)
        client.closeWrite()
        try client.receiveToEnd()
        #expect(server.test.losesAllConnections())
    }
}
