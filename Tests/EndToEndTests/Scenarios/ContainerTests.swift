import Foundation
import Testing

extension HostScenarios {
    /// The balancer and each worker have a PID namespace of their own, and share the state directory and the network.
    @Suite(.enabled(if: Privileges.canMakeProcessNamespaces, "PID namespaces need root and unshare(1)"))
    struct Containers {
        private static let outOfReach = "the balancer runs in another PID namespace"
        private static let hangs = "the balancer hangs, and this worker can't kill it"

        private func makeCluster() throws -> TestCluster {
            var options = TestCluster.Options.inTurn
            options.workers = 2
            options.launcher = Container.launcher
            options.isContained = true
            let cluster = try TestCluster(options)
            try waitForStandby(of: cluster, epoch: 1)
            return cluster
        }

        private func waitForStandby(of cluster: TestCluster, epoch: Int) throws {
            try cluster.waitForStatus("a standby is parked in epoch \(epoch)") {
                $0.epoch == epoch && $0.worker("worker-8001")?.hasStandby == true
            }
        }

        private func count(_ text: String, in worker: TestWorker) -> Int {
            worker.log.components(separatedBy: text).count - 1
        }

        @Test func `A balancer of another container is replaced warm after a crash, and in order after a stop`() throws
        {
            let cluster = try makeCluster()
            defer { cluster.tearDown() }
            for worker in cluster.workers { #expect(count(Self.outOfReach, in: worker) == 1, "\(worker.log)") }
            #expect(!cluster.balancerLog.contains("could not be handed"), "\(cluster.balancerLog)")

            kill(try Container.process(of: #require(cluster.balancer)), SIGKILL)
            #expect(try cluster.curl("/").isOK)
            try waitForStandby(of: cluster, epoch: 2)
            #expect(cluster.workers[0].log.contains("took over: epoch 2"))
            #expect(!cluster.balancerLog.contains("can't listen on"))

            // The balancer runs in the container of the first worker now, and would end with it.
            let slow = try cluster.startSlowRequest(milliseconds: 1000)
            try cluster.waitForStatus("the request is in progress") { $0.inFlight.reduce(0, +) == 1 }
            kill(try Container.process(of: cluster.workers[0].process), SIGTERM)
            #expect(cluster.workers[0].process.wait() == 0)
            #expect(try slow.finish().isOK)
            #expect(try cluster.curl("/").isOK)
            try cluster.waitForStatus("the second worker's balancer reigns") { $0.epoch == 3 && $0.readyCount == 1 }
        }

        @Test func `A hung balancer of another container is reported once and replaced when its container ends`() throws
        {
            let cluster = try makeCluster()
            defer { cluster.tearDown() }
            let balancer = try Container.process(of: #require(cluster.balancer))
            let first = cluster.workers[0]
            kill(balancer, SIGSTOP)
            try waitUntil("a worker reports the hang") { count(Self.hangs, in: first) == 1 }
            // It holds the lock, so no second balancer starts, wherever an operator tries it.
            for launcher in [[], Container.launcher] {
                let command = launcher + [TestCluster.balancerProgram] + cluster.balancerArguments
                let second = try Command.run(command[0], Array(command.dropFirst()))
                #expect(second.status == 1)
                #expect(
                    second.errors.contains("(a process of another container in PID namespace "), "\(second.errors)")
            }
            #expect(cluster.grantedEpoch == 1)
            kill(balancer, SIGKILL)
            #expect(try cluster.curl("/").isOK)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 2 }
            #expect(count(Self.hangs, in: first) == 1, "\(first.log)")
        }

        @Test func `A replacement in another container takes over`() throws {
            let cluster = try makeCluster()
            defer { cluster.tearDown() }
            try cluster.replaceBalancer(launcher: Container.launcher)
            try waitForStandby(of: cluster, epoch: 2)
            #expect(try cluster.curl("/").isOK)
            #expect(cluster.balancerLog.contains("replaced a process of another PID namespace"))
        }
    }
}
