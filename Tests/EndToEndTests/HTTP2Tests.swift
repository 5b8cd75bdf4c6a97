import Foundation
import Testing

extension EndToEnd {
    /// HTTP/2 with common clients: over TLS by ALPN, in the plain build with prior knowledge.
    @Suite struct HTTP2 {
        static var version: String { TestCertificates.scheme == "https" ? "--http2" : "--http2-prior-knowledge" }

        private func load(_ cluster: TestCluster, _ path: String, _ arguments: [String]) throws -> String {
            try Command.run("h2load", arguments + [cluster.url(path)], seconds: 100).text
        }

        @Test func `curl is served over HTTP2 for every kind of request`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            let hello = try cluster.curl("/", HTTP2.version)
            #expect(hello.isOK && hello.head.hasPrefix("HTTP/2 200") && hello.text.hasPrefix("worker-"), "\(hello)")
            #expect(hello.field("date") != nil && hello.field("content-length") == "12")
            let echo = try cluster.curl("/echo", HTTP2.version, "--data-binary", "over HTTP/2")
            #expect(echo.isOK && echo.text == "over HTTP/2", "\(echo)")
            let head = try cluster.curl("/bytes/1000", HTTP2.version, "-I")
            #expect(head.isOK && head.field("content-length") == "1000", "\(head)")
            #expect(try cluster.curl("/nothing", HTTP2.version).status == 404)
            let large = try cluster.curl("/bytes/30000000", HTTP2.version, "-o", "/dev/null")
            #expect(large.isOK && large.size == 30_000_000, "\(large)")
            let expecting = try cluster.curl(
                "/echo", HTTP2.version, "-H", "Expect: 100-continue", "--data-binary", "after 100")
            #expect(expecting.isOK && expecting.text == "after 100", "\(expecting)")
        }

        @Test func `A large upload returns complete`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let file = "\(cluster.folder)/large"
            let content = Data((0..<20_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            try content.write(to: URL(fileURLWithPath: file))
            let response = try Curl(cluster.url("/echo"), [HTTP2.version, "-X", "POST", "-T", file]).finish()
            #expect(response.isOK && response.body == content, "\(response.errors)")
        }

        @Test func `h2load reports no failed request, and floods are counted`() throws {
            let cluster = try TestCluster(workers: 3)
            defer { cluster.tearDown() }
            let small = try load(cluster, "/", ["-n", "5000", "-c", "10", "-m", "50"])
            #expect(small.contains("5000 succeeded, 0 failed, 0 errored, 0 timeout"), "\(small)")
            #expect(small.contains("status codes: 5000 2xx"), "\(small)")
            let large = try load(cluster, "/bytes/100000", ["-n", "500", "-c", "4", "-m", "16"])
            #expect(large.contains("500 succeeded, 0 failed"), "\(large)")
            let metrics = try PrometheusText(cluster.admin("/metrics"))
            #expect(metrics.samples["understudy_http2_connections_total"] == 14)
            #expect(metrics.samples["understudy_http2_floods_total{kind=\"ping\"}"] == 0)
            #expect(try cluster.status().workers.allSatisfy { $0.inFlight == 0 })
        }

        @Test func `A planned stop lets streams finish`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let slow = try cluster.startCurl("/reverse?delay_ms=2000", HTTP2.version, "--data-binary", "abc")
            try cluster.waitForStatus("the request is in progress") { $0.workers.first?.inFlight == 1 }
            cluster.balancer?.send(SIGTERM)
            let response = slow.finish()
            #expect(response.isOK && response.text == "cba", "\(response)")
        }

        #if TLS
            @Test func `A worker serves another balancer program over HTTP2`() throws {
                let cluster = try TestCluster(workers: 1)
                defer { cluster.tearDown() }
                let node = "\(cluster.certificates)/nodes/balancer/balancer"
                let response = try Curl(
                    "https://127.0.0.1:\(cluster.workers[0].port)/echo",
                    ["--http2", "--cert", "\(node).pem", "--key", "\(node).key", "--data-binary", "direct"]
                ).finish()
                #expect(
                    response.isOK && response.head.hasPrefix("HTTP/2 200") && response.text == "direct", "\(response)")
            }
        #endif
    }
}
