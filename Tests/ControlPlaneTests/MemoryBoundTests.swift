import Connections
import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

/// Clients that request much and read nothing, and clients that send much to a worker that reads nothing.
@Suite(.timeLimit(.minutes(5))) struct MemoryBoundTests {
    private static let limit = 48 << 20

    /// A proxy with a memory account, before an application with endless responses that reads no content.
    private static func front(_ upstream: ProxiedFront.Upstream) throws
        -> (application: PlayedApplication, front: ProxiedFront, account: MemoryAccount)
    {
        let application = try PlayedApplication()
        let account = MemoryAccount(limit: limit)
        let front = try ProxiedFront(
            port: application.server.port, upstream, memory: account, responseMilliseconds: 60_000,
            isFirstRefused: false)
        return (application, front, account)
    }

    /// The response to another client while memory is scarce.
    private static func answer(of front: ProxiedFront) throws -> String {
        let response = try RawClient(port: front.server.port).exchange("GET", "/ok")
        return "\(response.status) \(response.text)"
    }

    /// - Parameter window: the window of the client's streams.
    @Test(arguments: [ProxiedFront.Upstream.multiplexed], [0, 20_000, 1 << 20])
    func unreadStreamsAreBounded(_ upstream: ProxiedFront.Upstream, window: UInt32) throws {
        let (application, front, account) = try MemoryBoundTests.front(upstream)
        var clients: [HTTP2Client] = []
        for _ in 0..<60 {
            let client = try HTTP2Client(port: front.server.port, settings: [(4, window)], receiveBuffer: 4 << 10)
            let requests = (0..<100).map { HTTP2Frame.headers(1 + 2 * $0, HTTP2Frame.request("GET", "/endless")) }
            // The balancer may close a connection that holds too much before it has read all of them.
            try? client.socket.send(requests.flatMap(\.bytes))
            clients.append(client)
            #expect(account.current <= MemoryBoundTests.limit + (MemoryBoundTests.limit / 4))
        }
        let isRelieved = front.server.thread.eventually { account.current < MemoryBoundTests.limit * 7 / 8 }
        #expect(isRelieved)
        // Earlier requests may have been refused. From now on requests are served.
        let answer = try MemoryBoundTests.answer(of: front)
        #expect(answer == "200 ok")
        let counters = front.server.onLoop { $0.counters }
        #expect(counters.reached(.memoryLimit) > 0)
        clients = []
        #expect(front.server.losesAllConnections())
        #expect(account.current == 0)
        withExtendedLifetime(application) {}
    }

    @Test(arguments: [ProxiedFront.Upstream.http1, .multiplexed])
    func unreadUploadsAreBounded(_ upstream: ProxiedFront.Upstream) throws {
        let (application, front, account) = try MemoryBoundTests.front(upstream)
        let content = [UInt8](repeating: 7, count: 16_000)
        var clients: [HTTP2Client] = []
        for _ in 0..<60 {
            let client = try HTTP2Client(port: front.server.port)
            for stream in stride(from: UInt32(1), to: 61, by: 2) {
                try? client.send(
                    .headers(stream, HTTP2Frame.request("POST", "/paused"), isEnd: false), .data(stream, content))
            }
            clients.append(client)
            #expect(account.current <= MemoryBoundTests.limit + (MemoryBoundTests.limit / 4))
        }
        let answer = try MemoryBoundTests.answer(of: front)
        #expect(answer == "200 ok")
        clients = []
        #expect(front.server.losesAllConnections())
        #expect(account.current == 0)
        withExtendedLifetime(application) {}
    }

    /// A stream whose client opens no window holds no more than the minimum, here and at the application.
    @Test func aStreamWithoutAWindowHoldsLittle() throws {
        let (application, front, account) = try MemoryBoundTests.front(.multiplexed)
        let client = try HTTP2Client(port: front.server.port, settings: [(4, 0)])
        for _ in 0..<50 { _ = try client.begin("GET", "/endless") }
        let loop = application.server.thread.loop
        let isAsked = application.server.thread.eventually { (loop.liveObjects["PlayedExchange"] ?? 0) >= 50 }
        #expect(isAsked)
        _ = try client.exchange("HEAD", "/ok")
        #expect(account.current <= 50 * (16 << 10))
        // The allowed content arrives complete, and the stream continues.
        try client.send(.windowUpdate(0, 1 << 24), .windowUpdate(1, 1 << 20))
        client.opensWindows = false
        let response = try client.wait { $0.body.count == 1 << 20 }(1)
        #expect(response.body.allSatisfy { $0 == 0x61 })
    }

    /// Requests that wait for their response, with large heads or trailers.
    @Test(arguments: [false, true]) func headsThatWaitAreCharged(inTrailers: Bool) throws {
        let (application, front, account) = try MemoryBoundTests.front(.multiplexed)
        let client = try HTTP2Client(port: front.server.port)
        let large = [("x-large", String(repeating: "v", count: inTrailers ? 7_000 : 12_000))]
        for _ in 0..<50 {
            let stream = try client.begin(
                inTrailers ? "POST" : "GET", "/hold", inTrailers ? [] : large, isEnd: !inTrailers)
            if inTrailers { try client.send(.headers(stream, large)) }
        }
        let least = 50 * (inTrailers ? 10 << 10 : 18 << 10)
        let isCharged = front.server.thread.eventually { account.current >= least }
        #expect(isCharged, "\(account.current) of \(least)")
        client.socket.close()
        #expect(front.server.losesAllConnections())
        #expect(account.current == 0)
        withExtendedLifetime(application) {}
    }

    @Test func responseHeadsThatNobodyReadsAreCharged() throws {
        let (application, front, account) = try MemoryBoundTests.front(.multiplexed)
        let client = try HTTP2Client(
            port: front.server.port, settings: [(4, 0x7FFF_FFFF)], receiveBuffer: 4 << 10)
        try client.send(.windowUpdate(0, 0x3FFF_FFFF))
        // Its content fills the kernel's buffers, so the heads below wait in the session.
        _ = try client.begin("GET", "/endless")
        let isBlocked = front.server.thread.eventually { account.current >= 64 << 10 }
        #expect(isBlocked)
        for _ in 0..<60 { _ = try client.begin("GET", "/large-head") }
        let isCharged = front.server.thread.eventually { account.current >= 60 * (17 << 10) }
        #expect(isCharged, "\(account.current)")
        client.socket.close()
        #expect(front.server.losesAllConnections())
        #expect(account.current == 0)
        withExtendedLifetime(application) {}
    }
}
