import Foundation
import Testing

extension Defences {
    /// Options from a configuration file.
    @Suite struct Configuration {
        struct Wrong: CustomTestStringConvertible, Sendable {
            let text: String
            let says: String
            var testDescription: String { says }
        }

        static let wrong = [
            Wrong(text: "port: 8123\nnonsense: 1\n", says: ":2: unknown key nonsense"),
            Wrong(text: "# a comment\n\nport: http\n", says: ":3: port http: use a number from 1 to 65535"),
            Wrong(text: "threads: 0\n", says: ":1: threads 0: use a number from 1 to 1024"),
            Wrong(text: "queue-timeout: 5d\n", says: ":1: queue-timeout 5d: use a time"),
            Wrong(text: "que-timeout: 5s\n", says: ":1: unknown key que-timeout: did you mean queue-timeout?"),
            Wrong(text: "capacity: 5\n", says: ":1: capacity is a setting of the worker"),
            Wrong(text: "port: 8123\nport: 8124\n", says: ":2: port stands in line 1 already"),
            Wrong(text: "limits:\n  port: 1\n", says: ":1: limits: settings are not nested"),
            Wrong(text: "port: 1\n\thost: a\n", says: ":2: indent with spaces, not with tabs"),
            Wrong(text: "port:8123\n", says: ":1: is not of the form name: value"),
            Wrong(text: "host: [a]\n", says: ":1: host takes one value and no list"),
            Wrong(text: "host: 'a\n", says: ":1: the quote has no end"),
            Wrong(text: "host: null\n", says: ":1: host: a value has to follow, or leave the line out"),
            Wrong(text: "port: 8123\n---\nhost: a\n", says: ":2: a second document begins: leave out the line ---"),
            Wrong(text: "insecure-bind: yes\n", says: ":1: insecure-bind yes: use true or false"),
            Wrong(text: "replace: true\n", says: ":1: replace can only be given on the command line"),
            Wrong(text: "config: other\n", says: ":1: config can only be given"),
            Wrong(text: "just words\n", says: ":1: is not of the form"),
        ]

        @Test(arguments: wrong)
        func `An error in the configuration file names its line`(wrong: Wrong) throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let path = "\(folder)/balancer.yaml"
            try wrong.text.write(toFile: path, atomically: true, encoding: .utf8)
            let arguments = ["--config", path, "--state-dir", "\(folder)/state"]
            let result = try Command.run("\(Files.products)/balancer", arguments, in: folder)
            #expect(result.status == 2)
            #expect(result.errorLines.count == 1, "\(result.errors)")
            #expect(result.errors.contains(path + wrong.says), "\(result.errors)")
        }

        /// The file's options apply, the command line overrides them, and a successor keeps both.
        @Test func `The configuration file sets limits, for a successor too`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let path = "\(folder)/balancer.yaml"
            let text = """
                ---
                # Limits of this service.
                rate-limit: '1:3'        # per address
                queue-timeout: "300ms"
                max-connections-per-source: 1
                threads: 1
                """
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            var options = TestCluster.Options()
            options.workers = 1
            options.balancerArguments = ["--config", path, "--max-connections-per-source", "2"]
            options.workerArguments = ["--max-requests", "1"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            for epoch in 1...2 {
                try expectLimits(of: cluster)
                if epoch == 2 { break }
                try #require(cluster.balancer).end()
                try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            }
        }

        private func expectLimits(of cluster: TestCluster) throws {
            var responses: [CurlResponse] = []
            try waitUntil("the rate limit is reached") {
                responses.append(try cluster.curl("/"))
                return responses.last?.status == 429
            }
            #expect(responses.count >= 4)
            #expect(responses.dropLast().allSatisfy { $0.isOK })
            #expect(responses.last?.field("retry-after") == "1")
            // Two connections are open and a third is closed. After one of them has closed, there is room again.
            var standing = try (0..<2).map { _ in try PlainSocket(port: cluster.publicPort, patienceSeconds: 30) }
            try waitUntil("both connections are counted") {
                try PrometheusText(cluster.admin("/metrics")).samples["understudy_connections"] == 2
            }
            #expect(try PlainSocket(port: cluster.publicPort, patienceSeconds: 30).receiveAll().isEmpty)
            standing.removeLast().breakOff()
            try waitUntil("a connection is free again") { try cluster.curl("/").status == 200 }
            let samples = try PrometheusText(cluster.admin("/metrics")).samples
            #expect(try #require(samples["understudy_connections_over_source_limit_total"]) >= 1)
            #expect(try #require(samples["understudy_rate_limited_total"]) >= 1)
            for socket in standing { socket.breakOff() }
        }
    }
}
