import Foundation
import Testing

extension EndToEnd {
    /// Prometheus' own checks of `/metrics`. `scripts/check-metrics` installs the program and runs them.
    @Suite struct Metrics {
        private static let hasPromtool =
            (try? Command.run("sh", ["-c", "command -v promtool"]).status) == 0
        private static let needsPromtool: Comment = "scripts/setup --for metrics installs promtool"

        @Test(.enabled(if: hasPromtool, needsPromtool))
        func `promtool finds no fault in the metrics, the alerts and their tests`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/").isOK)
            let metrics = Data(try cluster.admin("/metrics").utf8)
            let alerts = "\(Files.packageRoot)/contrib/prometheus"
            for arguments in [
                ["check", "metrics"], ["check", "rules", "--lint=all", "--lint-fatal", "\(alerts)/alerts.yml"],
                ["test", "rules", "\(alerts)/alerts-test.yml"],
            ] {
                let result = try Command.run("promtool", arguments, input: metrics)
                #expect(result.status == 0, "\(arguments): \(result.text)\(result.errors)")
            }
            // promtool itself works: it finds a fault where there is one.
            let fault = Data("# TYPE requests counter\nrequests 1\n".utf8)
            #expect(try Command.run("promtool", ["check", "metrics"], input: fault).status != 0)
        }

        /// The answer at `--metrics-host` to a request under another host's name; nil without one.
        private func ask(_ path: String, port: UInt16) -> String? {
            guard let socket = try? PlainSocket(port: port, patienceSeconds: Int(5 * Sanitizer.patience)) else {
                return nil
            }
            socket.send(Data("GET \(path) HTTP/1.1\r\nHost: balancer.example\r\nConnection: close\r\n\r\n".utf8))
            let answer = String(decoding: socket.receiveAll(), as: UTF8.self)
            return answer.isEmpty ? nil : answer
        }

        @Test func `Other hosts get the metrics of the balancer that reigns, also after a crash and a replacement`()
            throws
        {
            let port = try Ports.free(1)[0]
            let cluster = try TestCluster(
                .init(workers: 2, balancerArguments: ["--metrics-host", "127.0.0.1:\(port)"]))
            defer { cluster.tearDown() }
            func waitForEpoch(_ epoch: Int) throws {
                var last: String?
                try waitUntil("metrics of epoch \(epoch): \(last ?? "none") \(cluster.balancerLog)") {
                    last = ask("/metrics", port: port)
                    return last?.contains("\nunderstudy_epoch \(epoch)\n") == true
                }
            }
            try waitForEpoch(1)
            for path in ["/", "/status", "/events"] {
                #expect(ask(path, port: port)?.hasPrefix("HTTP/1.1 404") == true)
            }
            try cluster.waitUntilSettled()
            cluster.balancer?.send(SIGKILL)
            try waitForEpoch(2)
            try cluster.waitUntilSettled()
            try cluster.replaceBalancer()
            try waitForEpoch(3)
        }

        /// A connection waits in the queue of the socket, as at the public port, until the successor accepts it.
        @Test func `No connection of another host is refused during a crash and a replacement`() throws {
            let port = try Ports.free(1)[0]
            let cluster = try TestCluster(
                .init(workers: 2, balancerArguments: ["--metrics-host", "127.0.0.1:\(port)"]))
            defer { cluster.tearDown() }
            var refused = 0
            func waitForEpoch(_ epoch: Int) throws {
                try waitUntil("metrics of epoch \(epoch): \(cluster.balancerLog)") {
                    if (try? PlainSocket(port: port)) == nil { refused += 1 }
                    return ask("/metrics", port: port)?.contains("\nunderstudy_epoch \(epoch)\n") == true
                }
            }
            try waitForEpoch(1)
            try cluster.waitUntilSettled()
            refused = 0
            cluster.balancer?.send(SIGKILL)
            try waitForEpoch(2)
            try cluster.waitUntilSettled()
            try cluster.replaceBalancer()
            try waitForEpoch(3)
            #expect(refused == 0)
        }

        /// The address of the metrics must not decide whether a balancer reigns.
        @Test func `A balancer whose metrics address is taken reigns, and gets the address later`() throws {
            let other = try LoopbackListener()
            let port = other.port
            let cluster = try TestCluster(
                .init(workers: 1, balancerArguments: ["--metrics-host", "127.0.0.1:\(port)"]))
            defer { cluster.tearDown() }
            #expect(try cluster.curl("/").isOK)
            let warning = "can't serve metrics at 127.0.0.1:\(port) yet, and keep trying"
            #expect(cluster.balancerLog.components(separatedBy: warning).count == 2, "\(cluster.balancerLog)")
            other.stop()
            try waitUntil("metrics are served: \(cluster.balancerLog)") {
                ask("/metrics", port: port)?.contains("\nunderstudy_epoch 1\n") == true
            }
        }
    }
}
