import Cluster
import Connections
import Proxy
import Sockets
import TestSupport
import Testing

/// A worker's connections to an HTTP/1.1 application, which are few.
@Suite(.timeLimit(.minutes(5))) struct ApplicationPlaceTests {
    private static let places = 16

    private static func worker(before application: ScriptedUpstream) throws -> TestServer {
        let address = try #require(SocketAddress(host: "127.0.0.1", port: application.port))
        let id = try #require(NodeID("worker-1"))
        return try TestServer { loop in
            var limits = UpstreamLimits()
            limits.http1Connections = places
            return ProxyService(
                loop: loop,
                application: UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody), id: id,
                upstreamProtocol: .http1, limits: limits)
        }
    }

    private static func upload(_ client: RawClient, from host: String, _ content: String = "") throws {
        try client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: \(host)\r\nContent-Length: 5\r\n\r\n\(content)")
    }

    /// Such a request costs a client almost nothing.
    @Test func withoutContentTheApplicationGetsNoConnection() throws {
        let application = try ScriptedUpstream()
        let worker = try ApplicationPlaceTests.worker(before: application)
        let silent = try (0..<40).map { _ in
            let client = try RawClient(port: worker.port)
            try ApplicationPlaceTests.upload(client, from: "192.0.2.1")
            return client
        }
        let haveCome = worker.thread.eventually { worker.server.counters.requests.current == 40 }
        #expect(haveCome)
        #expect(try RawClient(port: worker.port).exchange("GET", "/").status == 200)
        #expect(application.connectionCount == 1)
        for client in silent.prefix(3) {
            try client.send("abcde")
            #expect(try client.receiveResponse().status == 200)
        }
        #expect(application.requests.count == 4)
    }

    /// The balancer sends the others to another worker, and that is no failure of this one.
    @Test func aSourceHasAShareOfTheConnections() throws {
        let application = try ScriptedUpstream()
        let worker = try ApplicationPlaceTests.worker(before: application)
        var refused = 0
        let greedy = try (0..<40).map { number in
            let client = try RawClient(port: worker.port)
            try ApplicationPlaceTests.upload(client, from: "192.0.2.\(1 + number % 2)", "a")
            let isKnown = worker.thread.eventually { worker.server.counters.requests.current == UInt64(number + 1) }
            #expect(isKnown)
            if number >= 12 {
                let response = try client.receiveResponse()
                #expect(response.status == 503 && response.fields["understudy-untaken"] == "busy", "\(response)")
                refused += 1
            }
            return client
        }
        #expect(refused == 28)
        // Other clients still get the application, those with content too.
        for number in 3..<6 {
            let client = try RawClient(port: worker.port)
            try ApplicationPlaceTests.upload(client, from: "192.0.2.\(number)", "abcde")
            #expect(try client.receiveResponse().status == 200)
        }
        #expect(application.connectionCount <= ApplicationPlaceTests.places)
        // A place is free again after its request.
        try greedy[0].send("bcde")
        #expect(try greedy[0].receiveResponse().status == 200)
        let again = try RawClient(port: worker.port)
        try ApplicationPlaceTests.upload(again, from: "192.0.2.1", "abcde")
        #expect(try again.receiveResponse().status == 200)
    }
}
