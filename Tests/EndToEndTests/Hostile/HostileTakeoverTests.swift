import Foundation
import Testing

extension Defences {
    /// Attacks during a takeover.
    @Suite struct HostileTakeovers {
        static let attacks = [
            Attack(
                "A worker's certificate takes as many connections as it gets",
                "members.many_connections port=cluster count=300"),
            Attack(
                "A worker's certificate sends costly JSON, and reads no answer",
                "members.costly_json port=cluster paths=scout+register+watch count=20",
                "members.pipelined port=cluster path=scout count=40"),
        ]

        @Test(arguments: attacks) func `A balancer that dies under attack has one successor`(attack: Attack) throws {
            let certificates = try UnderAttack.makeCertificates()
            defer { Files.remove(certificates) }
            let cluster = try UnderAttack.makeCluster(certificates: certificates)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let outcome = try Scenario.run("balancer killed: \(attack.name)", on: cluster) { scenario in
                let attacker = try Attacker(
                    attack, on: cluster, certificates: certificates, seconds: 2 * Attack.seconds)
                try scenario.load.waitForMore(40)
                let balancer = try cluster.status().pid
                scenario.fault { kill(balancer, SIGKILL) }
                try scenario.load.waitForAnswer(after: scenario.lastFault)
                #expect(try !attacker.finish().acts.values.contains(0))
                try cluster.waitForStatus("all workers are ready") { $0.epoch == 2 && $0.readyCount == 3 }
                try scenario.load.waitForMore(20)
            }
            #expect(outcome.tally.refused + outcome.tally.timedOut + outcome.tally.otherStatus == 0, "\(outcome)")
            #expect(outcome.duplicated + outcome.missing == 0, "\(outcome)")
            #expect(cluster.grantedEpoch == 2)
        }
    }
}
