import Foundation
import Testing

extension EndToEnd {
    /// A worker in front of an application that does not know the cluster.
    @Suite struct Forward {
        private func cluster(for application: Application) throws -> TestCluster {
            try TestCluster(workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
        }

        @Test
        func `Requests reach the application with the balancer's fields about the client, and without forged ones`()
            throws
        {
            let application = try Application()
            defer { application.stop() }
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            let response = try cluster.curl(
                "/some/path?a=b", "-H", "X-Forwarded-For: 6.6.6.6", "-H", "X-Forwarded-Proto: gopher", "-H",
                "Forwarded: for=6.6.6.6",
                "-H", "X-Real-IP: 6.6.6.6", "-H", "Client-Cert: forged", "-H", "Understudy-Epoch: 99", "-H",
                "Understudy-Probe: 1",
                "-H", "Connection: X-Private", "-H", "X-Private: 1", "-H", "TE: trailers", "-H",
                "Proxy-Connection: keep-alive",
                "-H", "X-Custom: stays", "-H", "Cookie: a=b")
            #expect(response.isOK, "\(response)")
            let lines = response.text.lowercased().split(separator: "\r\n").map(String.init)
            #expect(lines.first == "get /some/path?a=b http/1.1")
            #expect(lines.contains("x-forwarded-for: 127.0.0.1"))
            #expect(lines.contains("x-forwarded-proto: \(TestCertificates.scheme)"))
            #expect(lines.contains("x-forwarded-host: 127.0.0.1:\(cluster.publicPort)"))
            #expect(lines.contains("host: 127.0.0.1:\(cluster.publicPort)"))
            #expect(lines.contains("x-custom: stays") && lines.contains("cookie: a=b"))
            for gone in [
                "6.6.6.6", "gopher", "forged", "understudy-", "x-private", "proxy-connection", "forwarded: ",
            ] {
                let left = lines.filter { $0.contains(gone) && !$0.hasPrefix("x-forwarded-") }
                #expect(left.isEmpty, "\(gone): \(left)")
            }
            #expect(lines.filter { $0.hasPrefix("x-forwarded-for") }.count == 1)
        }

        @Test func `The application keeps its own health path, methods and contents`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/health").text.hasPrefix("GET /health HTTP/1.1\r\n"))
            #expect(try cluster.curl("/x", "-X", "DELETE").text.hasPrefix("DELETE /x HTTP/1.1\r\n"))
            let post = try cluster.curl("/x", "--data-binary", String(repeating: "a", count: 100_000))
            #expect(post.isOK && post.text.lowercased().contains("content-length: 100000"), "\(post)")
            let chunked = try cluster.curl("/x", "-H", "Transfer-Encoding: chunked", "-d", "abc")
            #expect(chunked.isOK && chunked.text.lowercased().contains("transfer-encoding: chunked"), "\(chunked)")
            let head = try cluster.curl("/x", "-I")
            #expect(head.isOK && head.field("content-length") != nil, "\(head)")
        }

        @Test func `An application that is down costs no request, whatever its method`() throws {
            let applications = [try Application(), try Application()]
            defer { for application in applications { application.stop() } }
            let cluster = try cluster(for: applications[0])
            defer { cluster.tearDown() }
            let other = try cluster.startWorker(
                id: "worker-8002", arguments: ["--forward", "http://127.0.0.1:\(applications[1].port)"])
            try cluster.waitUntilReady(2)
            applications[1].stop()
            for _ in 0..<20 {
                let response = try cluster.curl("/x", "-d", "content")
                #expect(response.isOK, "\(response)")
            }
            // This many failures eject a worker, unless the probes were faster.
            try cluster.waitForStatus("the worker is out of the rotation") { $0.state(of: "worker-8002") == "ejected" }
            try waitUntil("the worker logs the reason") { other.log.contains("takes no connections") }
        }

        @Test func `An application that dies before its response costs no idempotent request`() throws {
            let dying = try LoopbackListener()
            defer { dying.stop() }
            // The request arrives, and the connection ends.
            dying.start { _ = $0.receive() }
            let application = try Application()
            defer { application.stop() }
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            try cluster.startWorker(id: "worker-8002", arguments: ["--forward", "http://127.0.0.1:\(dying.port)"])
            try cluster.waitUntilReady(2)
            for _ in 0..<3 {
                #expect(try cluster.curl("/x").isOK)
                #expect(try cluster.curl("/x", "-X", "PUT", "-d", "content").isOK)
                #expect(try cluster.curl("/x", "-X", "DELETE").isOK)
            }
            let failures = try #require(try cluster.status().worker("worker-8002")).failuresTotal
            #expect(failures > 0)
            // A request that may have been processed goes to one worker only.
            var refused = 0
            for _ in 0..<4 where try cluster.curl("/x", "-d", "content").status == 502 { refused += 1 }
            let more = try #require(try cluster.status().worker("worker-8002")).failuresTotal - failures
            #expect(refused == more)
        }

        @Test func `WebSocket becomes a tunnel to the application and is counted`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            let ask =
                "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            let talk = "first \0\u{1} words, then bye"
            #if TLS
                let client = try Command.run(
                    "openssl", ["s_client", "-quiet", "-connect", "127.0.0.1:\(cluster.publicPort)"],
                    input: Data((ask + talk).utf8))
                let received = client.text
            #else
                let socket = try PlainSocket(port: cluster.publicPort)
                socket.send(Data((ask + talk).utf8))
                let received = String(decoding: socket.receiveAll(), as: UTF8.self)
                socket.finish()
            #endif
            #expect(received.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"), "\(received)")
            #expect(received.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
            #expect(received.hasSuffix("\r\n\r\n" + talk), "\(received)")
            try cluster.waitForStatus("the tunnel has ended") { $0.workers.allSatisfy { $0.inFlight == 0 } }
            let metrics = try PrometheusText(cluster.admin("/metrics"))
            #expect(metrics.samples["understudy_tunnels_total"] == 1)
            #expect(metrics.samples["understudy_tunnels"] == 0)
        }

        @Test func `A client keeps its connection over many requests`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            let urls = (1...5).map { cluster.url("/\($0)") }
            let result = try Command.run(
                "curl",
                ["-q", "-sk", "-o", "/dev/null", "-w", "%{num_connects} "]
                    + Array(urls.map { [$0, "-o", "/dev/null"] }.joined()))
            #expect(result.text.split(separator: " ") == ["1", "0", "0", "0", "0"], "\(result)")
        }

        @Test func `Statuses and large contents pass unchanged`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            for status in [201, 404, 418, 500, 503] {
                #expect(try cluster.curl("/status/\(status)").status == status)
            }
            // The content exceeds every buffer on the way, and its bytes vary.
            let content = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) })
            let file = "\(cluster.folder)/content"
            try content.write(to: URL(fileURLWithPath: file))
            let response = try cluster.curl("/echo", "--data-binary", "@\(file)")
            #expect(response.isOK && response.body == content)
        }

        @Test func `A worker whose application is down gets no requests`() throws {
            let (one, other) = (try Application(), try Application())
            defer { other.stop() }
            let cluster = try cluster(for: one)
            defer { cluster.tearDown() }
            try cluster.startWorker(id: "worker-8002", arguments: ["--forward", "http://127.0.0.1:\(other.port)"])
            try cluster.waitUntilReady(2)
            one.stop()
            // Three probes fail because the application is down.
            try cluster.waitForStatus("the application's worker is out of the rotation") {
                $0.state(of: "worker-8001") == "ejected"
            }
            #expect(try cluster.status().worker("worker-8001")?.reason?.contains("503") == true)
            for _ in 0..<6 { #expect(try cluster.curl("/").isOK) }
            #expect(try cluster.status().readyCount == 1)

            let again = try Application(port: one.port)
            defer { again.stop() }
            try cluster.waitUntilReady(2)
            try waitUntil("the application gets requests again") { try cluster.curl("/").isOK && !again.heads.isEmpty }
        }

        @Test func `While the only application is down the answer is 502`() throws {
            let application = try Application()
            let cluster = try cluster(for: application)
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/").isOK)
            application.stop()
            let response = try cluster.curl("/")
            #expect(response.status == 502 && response.text.hasPrefix(#"{"error": ""#), "\(response)")
            let again = try Application(port: application.port)
            defer { again.stop() }
            #expect(try cluster.curl("/").isOK)
        }
    }
}
