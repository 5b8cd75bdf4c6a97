import Foundation
import Testing

extension Defences {
    /// Limits through the executables: each option applies, the reaction is the one in docs/limits.md, and the limit's
    /// counter rises.
    @Suite struct Limits {
        struct Case: CustomTestStringConvertible, Sendable {
            /// The option of the exceeded limit, which is also the label of its counter.
            let limit: String
            /// Sent in one piece. The balancer has to close the connection.
            let bytes: String
            /// 0 if the connection closes without a response.
            let status: Int

            var testDescription: String { limit }
        }

        private static let chunked = "POST /reverse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

        static let cases = [
            Case(limit: "max-head", bytes: "GET / HTTP/1.1\r\nHost: a\r\nX: \(text(2_000))\r\n\r\n", status: 431),
            Case(
                limit: "max-fields",
                bytes: "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: 20) + "\r\n",
                status: 431),
            Case(limit: "max-request-line", bytes: "GET /\(text(200)) HTTP/1.1\r\nHost: a\r\n\r\n", status: 414),
            Case(limit: "max-trailers", bytes: chunked + "0\r\nX: \(text(200))\r\n\r\n", status: 431),
            Case(limit: "max-chunk-line", bytes: chunked + "1;\(text(50))\r\na\r\n0\r\n\r\n", status: 400),
            Case(
                limit: "max-chunk-extensions",
                bytes: chunked + String(repeating: "1;aaaaaaaaaa\r\na\r\n", count: 20) + "0\r\n\r\n", status: 400),
            Case(limit: "head-timeout", bytes: "GET / HTTP/1.1\r\nHost:", status: 408),
            Case(limit: "idle-timeout", bytes: "", status: 0),
            Case(
                limit: "stall-timeout", bytes: "POST /reverse HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf",
                status: 408),
            Case(limit: "stream-timeout", bytes: chunked + "1\r\na\r\n", status: 408),
        ]

        private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

        @Test func `Beyond the limit of an option the client gets the documented reaction, and the counter rises`()
            throws
        {
            var options = TestCluster.Options()
            options.workers = 1
            options.balancerArguments = [
                "--max-head", "1KiB", "--max-fields", "16", "--max-request-line", "128", "--max-trailers", "64",
                "--max-chunk-line", "32", "--max-chunk-extensions", "64", "--head-timeout", "300ms", "--idle-timeout",
                "300ms", "--stall-timeout", "300ms", "--stream-timeout", "300ms",
            ]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            for limit in Limits.cases {
                let before = try count(of: limit.limit, cluster)
                let answer = try cluster.answer(to: Data(limit.bytes.utf8))
                #expect((answer.statuses.first ?? 0) == limit.status, "\(limit) \(answer)")
                #expect(try count(of: limit.limit, cluster) == before + 1, "\(limit.limit)")
                #expect(try cluster.curl("/").isOK)
            }
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0] }
        }

        private func count(of limit: String, _ cluster: TestCluster) throws -> Double {
            let name = "understudy_limits_total{limit=\"\(limit)\"}"
            return try #require(try PrometheusText(cluster.admin("/metrics")).samples[name], "\(name)")
        }

        /// A client that takes too long does not delay the end of a draining process.
        @Test func `A drain ends after its time, at the balancer and at a worker`() throws {
            var options = TestCluster.Options()
            options.workers = 1
            options.balancerArguments = ["--drain-seconds", "0"]
            options.workerArguments = ["--drain-seconds", "1"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let first = try cluster.startSlowRequest(milliseconds: 60_000)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight == [1] }
            cluster.balancer?.send(SIGTERM)
            #expect(first.finish().exitStatus != 0)
            #expect(cluster.balancer?.wait() == 0)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            let second = try cluster.startSlowRequest(milliseconds: 60_000)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight == [1] }
            cluster.workers[0].process.send(SIGTERM)
            #expect(cluster.workers[0].process.wait() == 0)
            #expect(second.finish().status != 200)
        }

        #if TLS
            @Test func `A client without a handshake is closed`() throws {
                var options = TestCluster.Options()
                options.workers = 0
                options.balancerArguments = ["--handshake-timeout", "200ms"]
                let cluster = try TestCluster(options)
                defer { cluster.tearDown() }
                #expect(try PlainSocket(port: cluster.publicPort, patienceSeconds: 30).receiveAll().isEmpty)
                #expect(try count(of: "handshake-timeout", cluster) == 1)
            }
        #endif

        /// A worker stops waiting for a silent application, with either protocol.
        @Test(arguments: ["http", "h2c"]) func `A worker's response timeout applies to its application`(scheme: String)
            throws
        {
            let listener = try LoopbackListener()
            listener.start { socket in while socket.receive() != nil {} }
            defer { listener.stop() }
            let forward = ["--forward", "\(scheme)://127.0.0.1:\(listener.port)", "--response-timeout", "300ms"]
            let cluster = try TestCluster(workers: 1, workerArguments: forward)
            defer { cluster.tearDown() }
            let response = try cluster.curl("/", "-d", "x")
            #expect(response.status == 504, "\(response)")
            try cluster.waitForStatus("no request is in progress") { $0.inFlight == [0] }
        }
    }
}
