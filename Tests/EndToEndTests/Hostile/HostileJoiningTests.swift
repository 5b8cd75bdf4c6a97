import Testing

extension Defences {
    /// Attacks on the registration of a worker.
    @Suite struct HostileJoining {
        static let attacks = [
            Attack(
                "Many registrations", "members.connect_backs threads=30",
                "members.slow_bodies port=cluster path=register count=20")
        ]

        /// The attack lasts until the new worker has joined.
        @Test(arguments: attacks) func `A new worker joins during an attack on the cluster port`(attack: Attack) throws
        {
            let certificates = try UnderAttack.makeCertificates()
            defer { Files.remove(certificates) }
            let cluster = try UnderAttack.makeCluster(certificates: certificates)
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let attacker = try Attacker(attack, on: cluster, certificates: certificates, seconds: 300)
            // The load runs until the attacker has made its first gains.
            let load = try OpenLoop(cluster)
            try load.waitForMore(80)
            try cluster.startWorker(id: "worker-8004", arguments: ["--no-standby"])
            try cluster.waitUntilReady(4)
            #expect(attacker.isRunning)
            let report = try attacker.stop()
            #expect(!report.acts.values.contains(0), "\(report)")
            let tally = OpenLoopTally(try load.stop())
            #expect(tally.failed == 0, "\(tally)")
            #expect(try cluster.status().epoch == 1)
        }
    }
}
