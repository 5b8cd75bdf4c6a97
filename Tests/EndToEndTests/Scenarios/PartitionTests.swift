import Foundation
import Testing

extension HostScenarios {
    /// A worker on another host. The host is a network namespace.
    @Suite(.enabled(if: Privileges.canMakeNamespaces, "network namespaces need root and iproute2"))
    struct Partitions {
        @Test(arguments: RemoteHost.Loss.allCases)
        func `A worker that is cut off is ejected, starts nothing, and returns`(loss: RemoteHost.Loss) throws {
            let remote = try RemoteHost()
            var options = TestCluster.Options(workers: 2)
            options.balancerArguments = ["--host", "0.0.0.0"] + TestCluster.insecureBind
            let certificates = try Partitions.certificates(for: remote)
            defer { Files.remove(certificates) }
            options.certificates = certificates
            let cluster = try TestCluster(options)
            defer { cluster.tearDown() }
            let far = try cluster.startWorker(
                id: "worker-far",
                arguments: [
                    "--host", remote.theirAddress, "--balancer", "\(remote.ourAddress):\(cluster.clusterPort)",
                    "--state-dir", "\(cluster.folder)/far-state",
                ] + TestCluster.insecureBind, launcher: remote.launcher)
            try cluster.waitUntilReady(3)
            let outcome = try Scenario.run("partition, \(loss)", on: cluster, writeEvery: 0) { scenario in
                try scenario.fault { try remote.cut(loss) }
                try cluster.waitForStatus("the worker is out of the rotation", seconds: 60) {
                    $0.state(of: far.id) == "ejected"
                }
                try scenario.load.waitForMore(30)
                try remote.heal()
                try cluster.waitForStatus("all workers are ready again", seconds: 60) { $0.readyCount == 3 }
            }
            #expect(outcome.tally.failed == 0, "\(outcome)")
            #expect(try cluster.status().epoch == 1)
            #expect(!far.log.contains("taking over"))
            #expect(cluster.balancer?.isRunning == true)
        }

        /// Certificates with the addresses of both hosts. The test removes the folder.
        private static func certificates(for remote: RemoteHost) throws -> String {
            let folder = try Files.makeTemporaryFolder()
            #if TLS
                Files.remove(folder)
                try TestCertificates.copy(to: folder)
                try TestCertificates.make(["node", "balancer", "--san", remote.ourAddress, "--force"], in: folder)
                try TestCertificates.make(["node", "worker-far", "--san", remote.theirAddress], in: folder)
            #endif
            return folder
        }
    }
}
