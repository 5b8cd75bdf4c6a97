import Foundation
import Testing

extension Defences.Hostile {
    /// The attackers are other users of the host.
    @Suite struct HostileNeighbours {
        static let attacks = [
            Attack(
                "Another user floods the admin port and reads no answer",
                "http1.pipelined port=admin path=/metrics count=40", "http1.pipelined port=admin path=/status count=40"
            ).by(.other),
            Attack(
                "Another user sends heads byte by byte to the admin port", "http1.slow_heads port=admin count=150"
            ).by(.other),
        ]

        @Test(arguments: attacks) func `Attacks of another user of the host take nothing down`(attack: Attack) throws {
            let fixture = try #require(UnderAttack.current)
            let faults = try fixture.faults(of: attack)
            #expect(faults == [])
        }

        /// The directory's mode should keep other users out. Here it is too open by mistake, so only the check of the
        /// peer's user remains.
        @Test(.enabled(if: Privileges.otherUser != nil, "becoming another user needs root"))
        func `Another user gets no listener, not even from a state directory that is open to all`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let before = try ClusterStanding(cluster)
            #expect(chmod(cluster.folder, 0o755) == 0 && chmod(cluster.stateDirectory, 0o755) == 0)
            for name in ["handover.sock", "admin.sock"] { chmod("\(cluster.stateDirectory)/\(name)", 0o777) }
            let attack = Attack("Another user asks for the listeners", "neighbours.state_directory").by(.other)
            let report = try Attacker(attack, on: cluster, certificates: "", seconds: 1).finish()
            #expect(report.gains == [], "\(report)")
            #expect(!report.acts.values.contains(0), "\(report)")
            #expect(try ClusterStanding(cluster).changes(since: before) == [])
        }

        /// A user with write access to the parent folder can rename the state directory and put another one in its
        /// place.
        @Test func `A swapped state directory gets nothing, and the right one stays in use`() throws {
            let cluster = try TestCluster()
            defer { cluster.tearDown() }
            try cluster.waitUntilSettled()
            let (right, foreign) = ("\(cluster.folder)/away", "\(cluster.folder)/foreign")
            try FileManager.default.createDirectory(atPath: foreign, withIntermediateDirectories: false)
            #expect(rename(cluster.stateDirectory, right) == 0)
            #expect(symlink(foreign, cluster.stateDirectory) == 0)
            kill(try cluster.status().pid, SIGKILL)
            try cluster.waitForStatus("a successor reigns") { $0.epoch == 2 && $0.readyCount == 3 }
            #expect(try cluster.curl("/").isOK)
            #expect(try FileManager.default.contentsOfDirectory(atPath: foreign) == [])
            #expect(Files.text("\(right)/epoch").contains("00000000000000000002 "))
        }
    }
}
