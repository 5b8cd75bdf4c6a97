import Foundation
import Testing

extension Scenarios {
    /// A disk that does not answer delays what needs it. It delays no sign of life, no watch and no takeover.
    @Suite struct SlowDisks {
        /// Waits until this reign lasts some seconds more. A balancer without signs of life is killed in half a second.
        private func waitForMoreUptime(of cluster: TestCluster, epoch: Int) throws {
            let now = try cluster.status().uptimeSeconds
            try cluster.waitForStatus("epoch \(epoch) lasts") { $0.uptimeSeconds >= now + 4 || $0.epoch != epoch }
            let status = try cluster.status()
            #expect(status.epoch == epoch, "\(cluster.workers.map(\.log))")
            #expect(status.readyCount == cluster.workers.count)
        }

        private func startReload(_ cluster: TestCluster) throws -> Command {
            try Command(TestCluster.balancerProgram, ["reload", "--state-dir", cluster.stateDirectory])
        }

        private func makeCluster(
            ofWorkers isWorkers: Bool = false, workers: Int = 2
        ) throws -> (cluster: TestCluster, file: String) {
            let file = "\(try Files.makeTemporaryFolder())/settings.yaml"
            try "head-timeout: 10s\n".write(toFile: file, atomically: true, encoding: .utf8)
            var options = TestCluster.Options(workers: workers)
            if isWorkers {
                options.workerArguments = ["--config", file]
            } else {
                options.balancerArguments = ["--config", file]
            }
            return (try TestCluster(options), file)
        }

        private func end(_ cluster: TestCluster, _ file: String) {
            cluster.tearDown()
            Files.remove((file as NSString).deletingLastPathComponent)
        }

        @Test func `A reload that waits for its file causes no takeover, and reloads keep their order`() throws {
            let (cluster, file) = try makeCluster()
            defer { end(cluster, file) }
            try cluster.waitUntilSettled()
            let pipe = try NamedPipe(at: file)
            let first = try startReload(cluster)
            let reader = try pipe.awaitReader()
            // Each waits for the one before.
            kill(try cluster.status().pid, SIGHUP)
            try waitForMoreUptime(of: cluster, epoch: 1)
            #expect(first.isRunning)
            #expect(try cluster.curl("/").isOK)
            try reader.finish(with: "head-timeout: 9s\n")
            let answer = first.finish()
            #expect(answer.status == 0 && answer.text.contains("head-timeout: 10s -> 9s"), "\(answer)")
            try pipe.awaitReader().finish(with: "head-timeout: 8s\n")
            try waitUntil("a successor has the settings of the second reload") {
                Files.text("\(cluster.stateDirectory)/balancer.json").contains(#""head-timeout":"8s""#)
            }
            #expect(try cluster.status().epoch == 1)
        }

        #if TLS
            @Test func `A reload that waits for a certificate causes no takeover`() throws {
                let folder = try Files.makeTemporaryFolder()
                try TestCertificates.copy(to: "\(folder)/certificates")
                var options = TestCluster.Options(workers: 2)
                options.certificates = "\(folder)/certificates"
                let cluster = try TestCluster(options)
                defer {
                    cluster.tearDown()
                    Files.remove(folder)
                }
                try cluster.waitUntilSettled()
                let path = "\(cluster.certificates)/public.pem"
                let content = Files.text(path)
                let pipe = try NamedPipe(at: path)
                let command = try startReload(cluster)
                let reader = try pipe.awaitReader()
                try waitForMoreUptime(of: cluster, epoch: 1)
                #expect(command.isRunning)
                // The present reader and all later ones see the file.
                Files.remove(path)
                try content.write(toFile: path, atomically: true, encoding: .utf8)
                try reader.finish(with: content)
                let answer = command.finish()
                #expect(answer.status == 0, "\(answer)")
                #expect(try cluster.status().epoch == 1 && cluster.curl("/").isOK)
            }
        #endif

        @Test func `A worker whose reload waits for its file still takes over`() throws {
            let (cluster, file) = try makeCluster(ofWorkers: true)
            defer { end(cluster, file) }
            try cluster.waitUntilSettled()
            let pipe = try NamedPipe(at: file)
            for worker in cluster.workers { worker.process.send(SIGHUP) }
            let reader = try pipe.awaitReader()
            try waitForMoreUptime(of: cluster, epoch: 1)
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 2 }
            try reader.finish(with: "head-timeout: 9s\n")
        }

        @Test(.enabled(if: SlowDisk.isAvailable, "needs no sanitizer"))
        func `New settings that wait for the disk cause no takeover`() throws {
            let disk = try SlowDisk()
            let folder = try Files.makeTemporaryFolder()
            let file = "\(folder)/settings.yaml"
            try "head-timeout: 10s\n".write(toFile: file, atomically: true, encoding: .utf8)
            var options = TestCluster.Options(workers: 2)
            options.launcher = disk.launcher
            options.balancerArguments = ["--config", file]
            let cluster = try TestCluster(options)
            defer {
                disk.resume()
                cluster.tearDown()
                Files.remove(folder)
            }
            try cluster.waitUntilSettled()
            let balancer = try cluster.status().pid
            try disk.hang()
            try "head-timeout: 9s\n".write(toFile: file, atomically: true, encoding: .utf8)
            let command = try startReload(cluster)
            try waitUntil("the balancer waits for its disk") { disk.waits(of: balancer) > 0 }
            try waitForMoreUptime(of: cluster, epoch: 1)
            // The answer says that a successor has the settings.
            #expect(command.isRunning)
            disk.resume()
            #expect(command.finish().status == 0)
            kill(balancer, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 2 }
            let stored = Files.text("\(cluster.stateDirectory)/balancer.json")
            #expect(stored.contains(#""head-timeout":"9s""#), "\(stored)")
        }

        @Test(.enabled(if: SlowDisk.isAvailable, "needs no sanitizer"))
        func `Workers whose disk hangs still take over, store the last list, and end`() throws {
            let disk = try SlowDisk()
            var options = TestCluster.Options(workers: 2)
            options.launcher = disk.launcher
            let cluster = try TestCluster(options)
            defer {
                disk.resume()
                cluster.tearDown()
            }
            try cluster.waitUntilSettled()
            let workers = cluster.workers.map(\.process.identifier)
            try disk.hang()
            // A new list, which every worker stores.
            try cluster.startWorker(id: "worker-8003")
            try waitUntil("the workers wait for their disk") { workers.allSatisfy { disk.waits(of: $0) > 0 } }
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            disk.resume()
            try waitUntil("the workers store the list of the successor") {
                ["8001", "8002", "8003"].allSatisfy {
                    Files.text("\(cluster.stateDirectory)/snapshot-worker-\($0).json").contains(#""epoch":2"#)
                }
            }
            let last = try #require(cluster.workers.first)
            let waits = disk.waits(of: last.process.identifier)
            try disk.hang()
            cluster.workers[2].process.send(SIGTERM)
            try waitUntil("the worker waits again") { disk.waits(of: last.process.identifier) > waits }
            last.process.send(SIGTERM)
            #expect(last.process.wait() == 0)
        }
    }
}
