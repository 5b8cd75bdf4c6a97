import Foundation
import Testing

extension EndToEnd {
    /// The commands of an operator on the balancer's host.
    @Suite struct Commands {
        /// Runs `balancer NAME ...` for a cluster.
        private func run(_ arguments: [String], on cluster: TestCluster) throws -> CommandResult {
            try Command.run(TestCluster.balancerProgram, arguments + ["--state-dir", cluster.stateDirectory])
        }

        @Test func `An operator drains a worker, a successor keeps that, and an undrain brings the worker back`() throws
        {
            let cluster = try TestCluster(workers: 2)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let load = try LoadGenerator(cluster)
            let drain = try run(["drain", "worker-8001"], on: cluster)
            #expect(drain.status == 0 && drain.text.hasPrefix("worker-8001 is drained, "), "\(drain)")
            // The balancer dies at once, perhaps before a worker has the new list.
            kill(try cluster.status().pid, SIGKILL)
            let after = try cluster.waitForStatus("a successor reigns") {
                $0.epoch == 2 && $0.state(of: "worker-8002") == "ready"
            }
            #expect(after.state(of: "worker-8001") == "draining", "\(after)")
            let before = try #require(after.worker("worker-8001")).requestsTotal
            try load.waitForMore(20)
            let again = try run(["drain", "worker-8001", "--json"], on: cluster)
            #expect(again.status == 0 && again.text.contains(#""changed":false"#), "\(again)")
            let idle = try cluster.status()
            #expect(idle.worker("worker-8001")?.requestsTotal == before, "\(idle)")
            #expect(idle.worker("worker-8001")?.reason == "drained by an operator")

            let undrain = try run(["undrain", "worker-8001"], on: cluster)
            #expect(undrain.status == 0, "\(undrain)")
            try cluster.waitForStatus("the worker gets requests again") {
                $0.readyCount == 2 && ($0.worker("worker-8001")?.requestsTotal ?? 0) > before
            }
            let tally = load.stop()
            #expect(tally.refused + tally.timedOut + tally.otherStatus == 0, "\(tally)")

            let unknown = try run(["drain", "worker-9"], on: cluster)
            #expect(unknown.status == 1 && unknown.errorLines.count == 1, "\(unknown)")
            #expect(unknown.errors.contains("there is no worker worker-9"), "\(unknown)")
        }

        @Test func `The settings in force have their origins, and a successor names its predecessor`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let file = "\(folder)/balancer.yaml"
            try "# limits\nqueue-timeout: 4s\n".write(toFile: file, atomically: true, encoding: .utf8)
            var options = TestCluster.Options(workers: 1)
            options.balancerArguments = ["--config", file, "--max-head", "8KiB"]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            func rows() throws -> [[Substring]] {
                let result = try run(["settings"], on: cluster)
                #expect(result.status == 0, "\(result)")
                return result.text.split(separator: "\n").map { $0.split(separator: " ") }
            }
            let first = try rows()
            #expect(first.contains(["queue-timeout", "4s", Substring("\(file):2"), "yes"]), "\(first)")
            #expect(first.contains(["max-head", "8KiB", "option", "yes"]), "\(first)")
            #expect(
                first.contains { $0.prefix(1) == ["retries"] && $0.dropFirst(2) == ["default", "yes"] }, "\(first)")
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 1 }
            #expect(try rows().contains(["queue-timeout", "4s", "predecessor", "yes"]))
            let json = try run(["settings", "--json"], on: cluster)
            #expect(
                json.status == 0
                    && json.text.contains(#"{"from":"predecessor","live":true,"name":"queue-timeout","value":"4s"}"#))
        }

        @Test func `A reload says what changed and what can't, and with a mistake nothing changes`() throws {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            let file = "\(folder)/balancer.yaml"
            func write(_ text: String) throws { try text.write(toFile: file, atomically: true, encoding: .utf8) }
            try write("queue-timeout: 4s\n")
            var options = TestCluster.Options(workers: 1)
            options.balancerArguments = ["--config", file]
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }

            try write("queue-timeout: 5s\nthreads: 7\nmax-head: 9KiB\n")
            let good = try run(["reload"], on: cluster)
            #expect(good.status == 0, "\(good)")
            #expect(good.text.contains("changes:\n  max-head: 16KiB -> 9KiB\n  queue-timeout: 4s -> 5s\n"), "\(good)")
            #expect(good.text.hasSuffix("use 'balancer --replace':\n  threads: default -> 7\n"), "\(good)")

            try write("queue-timeout: 6s\nqueue-timeut: 7s\n")
            let bad = try run(["reload"], on: cluster)
            #expect(bad.status == 1 && bad.errorLines.count == 1, "\(bad)")
            #expect(bad.errors.contains("nothing is reloaded: \(file):2: unknown key queue-timeut"), "\(bad)")
            #expect(try run(["settings"], on: cluster).text.contains("\(file):1"))
            let json = try run(["settings", "--json"], on: cluster).text
            #expect(json.contains(#""name":"queue-timeout","place":"\#(file):1","value":"5s""#), "\(json)")

            try write("queue-timeout: 5s\nmax-head: 9KiB\n")
            let same = try run(["reload", "--json"], on: cluster)
            #expect(same.status == 0 && same.text.contains(#""changed":[],"deferred":[]"#), "\(same)")

            // A successor has the settings, and not the file.
            try cluster.waitUntilSettled()
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 }
            let without = try run(["reload"], on: cluster)
            #expect(without.status == 0 && without.text.contains("has no configuration file"), "\(without)")
        }

        @Test func `A stop ends the balancer in order, and a stop of the cluster leaves no process`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let first = try run(["stop"], on: cluster)
            #expect(first.status == 0 && first.text.contains("a worker starts a successor"), "\(first)")
            #expect(cluster.balancer?.wait() == 0)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(try run(["drain", "worker-8003"], on: cluster).status == 0)
            let slow = try cluster.startSlowRequest(milliseconds: 2000)
            try cluster.waitForStatus("the slow request is in progress") { $0.inFlight.reduce(0, +) == 1 }

            let all = try run(["stop", "--cluster"], on: cluster)
            #expect(all.status == 0 && all.text.contains("worker-8001, worker-8002, worker-8003"), "\(all)")
            for worker in cluster.workers { #expect(worker.process.wait() == 0) }
            let response = slow.finish()
            #expect(response.isOK && response.text == "cba", "\(response)")
            try waitUntil("no process of the cluster is left") {
                ProcessTable.withArgument(containing: cluster.folder).isEmpty
            }
            #expect(cluster.grantedEpoch == 2, "no worker has started a successor")
            #expect(try run(["stop"], on: cluster).status == 3)
        }

        @Test func `A worker that joins while the cluster ends gets the order to end too`() throws {
            let cluster = try TestCluster(workers: 1)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let slow = try cluster.startSlowRequest(milliseconds: 5000)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight == [1] }
            #expect(try run(["stop", "--cluster"], on: cluster).status == 0)
            let late = try cluster.startWorker(id: "worker-8002")
            #expect(late.process.wait() == 0)
            #expect(late.log.contains("an operator ends the cluster"), "\(late.log)")
            // The order is the answer to its registration. It gets no request before it ends.
            #expect(!cluster.balancerLog.contains("worker-8002 joined"), "\(cluster.balancerLog)")
            #expect(slow.finish().isOK)
            for worker in cluster.workers { #expect(worker.process.wait() == 0) }
            try waitUntil("no process of the cluster is left") {
                ProcessTable.withArgument(containing: cluster.folder).isEmpty
            }
            #expect(cluster.grantedEpoch == 1)
        }

        @Test func `Without a balancer or without access a command ends with one line and a status of its own`() throws
        {
            let folder = try Files.makeTemporaryFolder()
            defer { Files.remove(folder) }
            for directory in [folder, "\(folder)/none"] {
                let none = try Command.run(
                    TestCluster.balancerProgram, ["drain", "worker-8001", "--state-dir", directory])
                #expect(none.status == 3 && none.errorLines.count == 1, "\(none)")
                #expect(none.errors.contains("no balancer reigns in \(directory)"), "\(none)")
            }
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/none"))
            if let other = Privileges.otherUser {
                // The folder is open to everybody, and the state directory in it only to its owner.
                let cluster = try TestCluster(workers: 0)
                defer { cluster.tearDown() }
                let denied = try Command.run(
                    "setpriv",
                    [
                        "--reuid", "\(other)", "--clear-groups", TestCluster.balancerProgram, "drain", "worker-8001",
                        "--state-dir", cluster.stateDirectory,
                    ])
                #expect(denied.status == 4 && denied.errorLines.count == 1, "\(denied)")
            }
            let wrong = try Command.run(TestCluster.balancerProgram, ["drain", "NO ID", "--state-dir", folder])
            #expect(wrong.status == 2 && wrong.errorLines.count == 1, "\(wrong)")
            let missing = try Command.run(TestCluster.balancerProgram, ["undrain"])
            #expect(missing.status == 2 && missing.errorLines.count == 1, "\(missing)")
        }
    }
}
