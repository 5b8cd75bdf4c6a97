import Foundation
import TestSupport
import Testing

@testable import Connections
@testable import Sockets

/// Admission of connections at a server, and the connections that close in return.
@Suite(.timeLimit(.minutes(5))) final class AdmissionTests {
    /// A handshake in two steps, each of one byte: `?` requests the server's answer, and the letter after it names the
    /// peer. With `!` instead of `?` the peer selects the protocol with streams.
    private final class TwoStepTransport: SocketTransport {
        private var hasAsked = false
        private var name: UInt8?
        private var hasStreams = false

        override var negotiatedProtocol: ApplicationProtocol? { hasStreams ? .multiplexed : nil }
        override var needsHandshake: Bool { name == nil }
        override var hasAnsweredHandshake: Bool { hasAsked }
        override var peerIdentity: PeerIdentity {
            name.map { .uri("spiffe://test/\(Character(UnicodeScalar($0)))") } ?? .anonymous
        }

        override var negotiatedTLS: NegotiatedTLS? { NegotiatedTLS(version: .tls13, isResumed: false) }
        override func handshake() -> HandshakeResult {
            var byte: UInt8 = 0
            while recv(descriptor.rawValue, &byte, 1, 0) == 1 {
                if hasAsked {
                    name = byte
                    return .complete
                }
                hasStreams = byte == UInt8(ascii: "!")
                guard hasStreams || byte == UInt8(ascii: "?") else { return .failed(.truncated) }
                hasAsked = true
            }
            return .wants(.read)
        }
    }

    private final class TwoStepProvider: TransportProvider {
        override func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? {
            TwoStepTransport(descriptor)
        }
    }

    private final class Plain: Service {
        func makeExchange(on downstream: any Downstream) -> any Exchange {
            ScriptedExchange(on: downstream, log: EventLog()) { ScriptedServer.describe($0) }
        }
    }

    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    private static func server(
        slots: Int = 1000, provider: TransportProvider = TwoStepProvider(), _ prepare: @escaping (Server) -> Void
    ) throws -> TestServer {
        try TestServer(slots: slots, provider: provider, prepare: prepare) { _ in Plain() }
    }

    private static func limitArrivals(_ places: Int) -> (Server) -> Void {
        { $0.arrivalLimits = PendingConnectionLimits(places: places) }
    }

    @Test func silentConnectionsReplaceNoSpeakingOne() throws {
        let test = try AdmissionTests.server(AdmissionTests.limitArrivals(16))
        let crowd = try (0..<200).map { _ in try RawClient(port: test.port) }
        for _ in 0..<5 {
            let member = try RawClient(port: test.port)
            try member.send("?a" + AdmissionTests.request)
            #expect(try member.receiveResponse().status == 200)
        }
        #expect(test.has(connectionsAtMost: 12 + 5))
        #expect(test.server.counters.evicted.current >= 200 - 12)
        withExtendedLifetime(crowd) {}
    }

    @Test func incompleteHandshakesReplaceNoSpeakingOne() throws {
        let test = try AdmissionTests.server(AdmissionTests.limitArrivals(16))
        let crowd = try (0..<100).map { _ in try RawClient(port: test.port) }
        for stranger in crowd { try? stranger.send("?") }
        let member = try RawClient(port: test.port)
        try member.send("?a" + AdmissionTests.request)
        #expect(try member.receiveResponse().status == 200)
        #expect(test.has(connectionsAtMost: 12 + 4 + 1))
    }

    /// The public port: established connections are safe from strangers, and a stranger's closes at the limit.
    @Test func aSilentConnectionClosesAtTheLimit() throws {
        let test = try AdmissionTests.server(slots: 8, AdmissionTests.limitArrivals(8))
        let inside = try (0..<4).map { _ in
            let client = try RawClient(port: test.port)
            try client.send("?a" + AdmissionTests.request)
            #expect(try client.receiveResponse().status == 200)
            return client
        }
        let crowd = try (0..<20).map { _ in try RawClient(port: test.port) }
        let newcomer = try RawClient(port: test.port)
        try newcomer.send("?b" + AdmissionTests.request)
        #expect(try newcomer.receiveResponse().status == 200)
        for client in inside { #expect(try client.exchange("GET", "/").status == 200) }
        withExtendedLifetime(crowd) {}
    }

    // MARK: Identities

    private static func limitIdentities(_ limit: Int, each: Int) -> (Server) -> Void {
        { $0.identities = IdentityLimiter(limit: limit, limitOfIdentity: each) }
    }

    private static func member(_ name: Character, at test: TestServer) throws -> RawClient {
        let client = try RawClient(port: test.port)
        try client.send("?\(name)" + AdmissionTests.request)
        return client
    }

    /// Closed without a response. The client's bytes stay unread, so the close is a reset.
    private static func isTurnedAway(_ client: RawClient) throws -> Bool {
        do throws(RawSocketError) {
            return try client.receiveToEnd().isEmpty
        } catch .failed(ECONNRESET) {
            return true
        } catch {
            throw error
        }
    }

    @Test func anIdentityHasAFewConnections() throws {
        let test = try AdmissionTests.server(AdmissionTests.limitIdentities(100, each: 3))
        let other = try AdmissionTests.member("b", at: test)
        #expect(try other.receiveResponse().status == 200)
        var greedy: [RawClient] = []
        for _ in 0..<10 {
            let client = try AdmissionTests.member("a", at: test)
            #expect(try client.receiveResponse().status == 200)
            greedy.append(client)
        }
        // The oldest close, and the newest stay.
        for client in greedy.dropLast(3) { #expect(try client.receiveToEnd().isEmpty) }
        for client in greedy.suffix(3) + [other] { #expect(try client.exchange("GET", "/").status == 200) }
        #expect(test.onLoop { $0.identities?.count } == 4)
    }

    @Test func theIdentityWithTheMostLosesItsOldest() throws {
        let test = try AdmissionTests.server(AdmissionTests.limitIdentities(6, each: 4))
        let greedy = try (0..<4).map { _ in try AdmissionTests.member("a", at: test) }
        for client in greedy { #expect(try client.receiveResponse().status == 200) }
        var others: [RawClient] = []
        for name in "bcdef" {
            let client = try AdmissionTests.member(name, at: test)
            #expect(try client.receiveResponse().status == 200, "\(name)")
            others.append(client)
        }
        for client in others { #expect(try client.exchange("GET", "/").status == 200) }
        #expect(try greedy[3].exchange("GET", "/").status == 200)
        // Each identity has one: a further one is refused until one closes.
        #expect(try AdmissionTests.isTurnedAway(try AdmissionTests.member("g", at: test)))
        others.removeLast()
        #expect(test.thread.eventually { test.server.identities?.count == 5 })
        #expect(try AdmissionTests.member("g", at: test).receiveResponse().status == 200)
    }

    /// A worker's port: other peers can't exclude a balancer, however many certificates they have.
    @Test func balancersAtAWorkersPortAreNotCounted() throws {
        let test = try AdmissionTests.server {
            $0.identities = IdentityLimiter(limit: 2, limitOfIdentity: 1)
            $0.isAlwaysLetIn = { $0 == .uri("spiffe://test/z") }
        }
        let others = try ["a", "b"].map { try AdmissionTests.member($0, at: test) }
        for client in others { #expect(try client.receiveResponse().status == 200) }
        let balancer = try (0..<20).map { _ in try AdmissionTests.member("z", at: test) }
        for client in balancer { #expect(try client.receiveResponse().status == 200) }
        #expect(try AdmissionTests.isTurnedAway(try AdmissionTests.member("c", at: test)))
        for client in others + balancer { #expect(try client.exchange("GET", "/").status == 200) }
    }

    /// Streams multiply what a connection may store, so a member's few connections would hold hundreds of megabytes.
    @Test func aCountedIdentityHasNoStreams() throws {
        let test = try AdmissionTests.server {
            $0.identities = IdentityLimiter(limit: 2, limitOfIdentity: 1)
            $0.isAlwaysLetIn = { $0 == .uri("spiffe://test/z") }
        }
        let stranger = try RawClient(port: test.port)
        try stranger.send("!a")
        #expect(try AdmissionTests.isTurnedAway(stranger))
        let balancer = try RawClient(port: test.port)
        try balancer.send("!z")
        #expect(
            test.thread.eventually { test.server.connectionCount == 1 && test.server.counters.handshakes.current == 2 })
        #expect(test.server.identities?.count == 0)
        #expect(try AdmissionTests.member("a", at: test).receiveResponse().status == 200)
        withExtendedLifetime(balancer) {}
    }

    // MARK: The admin port

    @Test func atTheAdminPortTheOldestCloses() throws {
        let test = try AdmissionTests.server(slots: 64, provider: TransportProvider()) {
            $0.closesOldestWhenFull = true
        }
        let crowd = try (0..<300).map { _ in try RawClient(port: test.port) }
        let other = try RawClient(port: test.port)
        #expect(try other.exchange("GET", "/").status == 200)
        #expect(test.has(connectionsAtMost: 64))
        withExtendedLifetime(crowd) {}
    }
}
