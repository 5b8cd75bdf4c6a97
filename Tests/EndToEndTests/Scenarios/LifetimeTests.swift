import Foundation
import Testing

extension Scenarios {
    /// The lifetimes of processes and their remains.
    @Suite struct Lifetime {
        @Test func `Many takeovers leave no zombie, no orphan and no descriptor behind`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            var early: [Int] = []
            for takeover in 1...Rounds.count(long: 100) {
                let before = try cluster.status()
                kill(before.pid, SIGKILL)
                try cluster.waitForStatus("a successor reigns") { $0.epoch == before.epoch + 1 && $0.readyCount == 3 }
                try cluster.waitUntilSettled()
                if takeover == 5 { early = descriptors(of: cluster) }
            }
            let late = descriptors(of: cluster)
            let open = cluster.workers.map { ProcessTable.descriptors(of: $0.process.identifier) }
            for (before, after) in zip(early, late) {
                #expect(after <= before + 8, "\(early) became \(late): \(open)")
            }

            // Three workers, the balancer that the first one started, and the next standby.
            let reigning = try cluster.status().pid
            let standby = try #require(cluster.workers[0].parkedStandby)
            // A process that came too late to reign may still be trying to get the lock.
            try waitUntil("only these processes are left") {
                let all = ProcessTable.withArgument(containing: cluster.stateDirectory)
                return Set(all) == Set(cluster.workers.map(\.process.identifier) + [reigning, standby])
            }
            #expect(Set(ProcessTable.children(of: cluster.workers[0].process.identifier)) == [reigning, standby])
            for worker in cluster.workers.dropFirst() {
                #expect(ProcessTable.children(of: worker.process.identifier) == [])
            }
        }

        private func descriptors(of cluster: TestCluster) -> [Int] {
            cluster.workers.map { ProcessTable.descriptorCount(of: $0.process.identifier) }
        }

        @Test(arguments: [SIGTERM, SIGKILL])
        func `A balancer outlives its worker and keeps its log, and a parked standby does not`(
            signal: Int32
        ) throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a worker has taken over") { $0.epoch == 2 && $0.readyCount == 3 }
            try cluster.waitUntilSettled()
            let balancer = try cluster.status()
            #expect(balancer.id == "worker-8001")
            let starter = cluster.workers[0]
            let standby = try #require(starter.parkedStandby)
            starter.process.send(signal)
            _ = starter.process.wait()
            try waitUntil("the parked standby has ended") { ProcessTable.hasEnded(standby) }
            try cluster.waitForStatus("the worker is out of the rotation") { $0.readyCount == 2 }
            #expect(try cluster.status().pid == balancer.pid)
            #expect(try cluster.curl("/").isOK)
            // Its log continues in the same file.
            let output = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(balancer.pid)/fd/2")
            #expect(output == "\(cluster.stateDirectory)/balancer.log")
            try starter.start()
            try waitUntil("the balancer has logged the returned worker") {
                cluster.balancerLog.split(separator: "\n").last { $0.contains("worker-8001") }?.contains("joined")
                    == true
            }
        }
    }
}
