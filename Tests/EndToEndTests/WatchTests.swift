import Foundation
import Testing

extension EndToEnd {
    /// `balancer watch` in a pipe and in a terminal.
    @Suite struct Watching {
        private func command(_ arguments: [String], on cluster: TestCluster) throws -> Command {
            try Command(
                TestCluster.balancerProgram,
                ["watch", "--interval", "100ms", "--state-dir", cluster.stateDirectory] + arguments)
        }

        @Test func `In a pipe there is a table for each interval, with the requests since the last one`() throws {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let load = try LoadGenerator(cluster)
            try load.waitForMore(20)
            let result = try command(["--count", "20"], on: cluster).finish()
            #expect(result.status == 0 && result.errors == "", "\(result)")
            let tables = result.text.components(separatedBy: "\n\n").filter { !$0.isEmpty }
            #expect(tables.count == 20, "\(result.text)")
            for table in tables {
                #expect(table.hasPrefix("balancer balancer  epoch 1  pid "), "\(table)")
                #expect(table.contains("\nWORKER") && table.contains("\nworker-8002  ready"), "\(table)")
                #expect(!table.contains("\u{1B}"))
            }
            // The first table has nothing to compare with.
            #expect(tables.first?.contains("requests/s,") == false)
            #expect(tables.dropFirst().allSatisfy { $0.contains(" requests/s, 0.0 errors/s, ") }, "\(result.text)")
            #expect(tables.dropFirst().contains { !$0.contains("\n0.0 requests/s") }, "\(result.text)")
            _ = load.stop()

            let json = try command(["--count", "3", "--json"], on: cluster).finish()
            #expect(json.text.contains(#""time_ms":"#), "\(json)")
            let lines = json.text.split(separator: "\n")
            #expect(json.status == 0 && lines.count == 3, "\(json)")
            struct Line: Decodable { let status: ClusterStatus, rates: [String: [String: Double]]? }
            for (index, line) in lines.enumerated() {
                let decoded = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
                #expect(decoded.status.readyCount == 2 && (decoded.rates == nil) == (index == 0), "\(line)")
                if let rates = decoded.rates {
                    #expect(Set(rates.keys) == ["worker-8001", "worker-8002"])
                    #expect(
                        rates.values.allSatisfy { $0.keys.sorted() == ["failures_per_second", "requests_per_second"] })
                }
            }
        }

        @Test func `It follows a takeover, also with every balancer gone for a while`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let output = "\(cluster.folder)/watch.txt"
            let watching = try SpawnedProcess(
                TestCluster.balancerProgram,
                ["watch", "--interval", "100ms", "--state-dir", cluster.stateDirectory], in: cluster.folder,
                output: output)
            defer { watching.end() }
            try waitUntil("a table is there") { Files.text(output).contains("epoch 1  pid") }
            kill(try cluster.status().pid, SIGKILL)
            try waitUntil("it shows the successor") {
                Files.text(output).contains("epoch 2  pid") && Files.text(output).contains("took over from epoch 1")
            }
            let stop = try Command.run(
                TestCluster.balancerProgram, ["stop", "--cluster", "--state-dir", cluster.stateDirectory])
            #expect(stop.status == 0, "\(stop)")
            try waitUntil("it says that none reigns") { Files.text(output).contains(": no balancer reigns in ") }
            #expect(watching.isRunning)
            watching.send(SIGINT)
            #expect(watching.wait() == 0)
        }

        @Test(arguments: ["q", "ctrl-c", "term"])
        func `In a terminal it redraws, and restores the terminal at its end`(key: String) throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            let result = try Command.run(
                "\(Files.packageRoot)/Tests/Clients/watch-terminal",
                [
                    key, "\u{1B}[?1049h", "worker-8001  ready", "\u{1B}[H", "requests/s, ", "--",
                    TestCluster.balancerProgram, "watch", "--interval", "100ms", "--state-dir", cluster.stateDirectory,
                ])
            #expect(result.status == 0 && result.text.hasSuffix("restored\n"), "\(result)")
        }

        @Test func `Wrong arguments and a missing balancer end it at once`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            for wrong in [["--interval", "10ms"], ["--interval", "soon"], ["--count", "0"]] {
                let result = try Command.run(TestCluster.balancerProgram, ["watch", "--state-dir", folder] + wrong)
                #expect(result.status == 2 && result.errorLines.count == 1, "\(result)")
            }
            let none = try Command.run(TestCluster.balancerProgram, ["watch", "--state-dir", folder])
            #expect(none.status == 3 && none.errorLines.count == 1 && none.text == "", "\(none)")
        }
    }
}
