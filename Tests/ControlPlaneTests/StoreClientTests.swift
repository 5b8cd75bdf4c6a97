import Cluster
import Connections
import Glibc
import Settings
import Sockets
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// Calls to a scripted member of the store.
@Suite(.timeLimit(.minutes(5))) struct StoreClientTests {
    private static let header = #""header":{"cluster_id":"9","raft_term":"2","revision":"7"}"#
    private let empty = StoreAnswer.content(
        StoreHeader(cluster: 9, term: 2, revision: 7), StoreContent(leader: nil, epoch: nil))

    /// A client on a loop of its own, and its answers.
    private final class Running {
        let loop: TestLoop
        private let answers = Mutex<[StoreAnswer]>([])
        private var client: LoopBound<StoreClient>?

        init(port: UInt16, password: String? = nil, timeoutMilliseconds: Int = 20_000) throws {
            loop = try TestLoop()
            let address = try #require(SocketAddress(host: "127.0.0.1", port: port))
            client = loop.onLoop { [loop] in
                let access = StoreAccess(
                    members: [UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody)],
                    provider: TransportProvider(), prefix: "/understudy/test", user: password == nil ? nil : "balancer",
                    passwordFile: password)
                return LoopBound(
                    StoreClient(loop: loop.loop, access: access, timeoutMilliseconds: timeoutMilliseconds))
            }
        }

        deinit { loop.stop() }

        func ask(_ call: StoreCall) {
            loop.onLoop { [self] in
                client?.value.ask(call, member: 0) { [unowned self] answer in answers.withLock { $0.append(answer) } }
            }
        }

        func finish(_ count: Int = 1) -> [StoreAnswer] {
            _ = loop.eventually { self.answers.withLock { $0.count >= count } }
            return answers.withLock { $0 }
        }
    }

    private func reply(_ body: String, status: String = "200 OK") -> String {
        "HTTP/1.1 \(status)\r\ncontent-type: application/json\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `A call is one POST with JSON`() throws {
        let listener = try RawListener()
        let running = try Running(port: listener.port)
        running.ask(.read)
        let peer = try listener.accept()
        let head = try peer.receive(until: "\r\n\r\n").lowercased()
        #expect(head.hasPrefix("post /v3/kv/range http/1.1\r\n"), "\(head)")
        try peer.send(reply("{\(StoreClientTests.header)}"))
        #expect(running.finish() == [empty])
    }

    @Test func `An answer that is cut off, and one that never comes, fail`() throws {
        let listener = try RawListener()
        let running = try Running(port: listener.port, timeoutMilliseconds: 300)
        running.ask(.read)
        var peer = try listener.accept()
        _ = try peer.receive(until: "\r\n\r\n")
        try peer.send(String(reply("{\(StoreClientTests.header)}").dropLast(5)))
        peer.close()
        guard case .failed? = running.finish().first else {
            Issue.record("a torn answer counts")
            return
        }
        running.ask(.read)
        peer = try listener.accept()
        _ = try peer.receive(until: "\r\n\r\n")
        guard case .failed? = running.finish(2).last else {
            Issue.record("silence counts")
            return
        }
    }

    @Test func `An expired token is renewed once, and the call is repeated`() throws {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        let file = "\(folder.path)/password"
        try folder.write("secret\n", to: "password")
        chmod(file, 0o600)
        let listener = try RawListener()
        let running = try Running(port: listener.port, password: file)
        running.ask(.read)
        let peer = try listener.accept()
        let authenticates = { () throws in
            let head = try peer.receive(until: "\r\n\r\n").lowercased()
            #expect(head.hasPrefix("post /v3/auth/authenticate "), "\(head)")
            #expect(try peer.receive(until: "}") == #"{"name":"balancer","password":"secret"}"#)
        }
        try authenticates()
        try peer.send(reply(#"{"token":"first.1"}"#))
        #expect(try peer.receive(until: "\r\n\r\n").contains("authorization: first.1\r\n"))
        _ = try peer.receive(until: "}")
        try peer.send(reply("{\(StoreClientTests.header)}"))
        #expect(running.finish() == [empty])
        running.ask(.read)
        #expect(try peer.receive(until: "\r\n\r\n").contains("authorization: first.1\r\n"))
        _ = try peer.receive(until: "}")
        try peer.send(
            reply(
                #"{"error":"etcdserver: invalid auth token","message":"etcdserver: invalid auth token","code":16}"#,
                status: "401 Unauthorized"))
        try authenticates()
        try peer.send(reply(#"{"token":"second.2"}"#))
        #expect(try peer.receive(until: "\r\n\r\n").contains("authorization: second.2\r\n"))
        _ = try peer.receive(until: "}")
        try peer.send(reply("{\(StoreClientTests.header)}"))
        #expect(running.finish(2) == [empty, empty])
    }
}
