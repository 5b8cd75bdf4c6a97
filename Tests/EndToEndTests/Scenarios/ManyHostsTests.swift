import Foundation
import Testing

extension HostScenarios {
    /// etcd decides which host reigns. Hosts are network namespaces, each with a member of the store.
    @Suite(
        .enabled(if: Privileges.canMakeNamespaces, "network namespaces need root and iproute2"),
        .enabled(if: StoreCluster.isInstalled, "these tests need Debian's etcd-server"))
    struct ManyHosts {
        @Test func `When a host dies, the store gives the reign to another one, which its workers find`() throws {
            let told = "echo $UNDERSTUDY_HOST $UNDERSTUDY_EPOCH > took.txt"
            let cluster = try HostCluster(hosts: 3, workerArguments: ["--on-takeover", told], usesStore: true)
            defer { cluster.tearDown() }
            let store = try #require(cluster.store)
            try waitUntil("all hosts may reign") { try store.listedHosts() == 3 }
            let first = try #require(cluster.status(on: 0)).epoch
            #if TLS
                // The store's certificate is read again with the node's own.
                try TestCertificates.make(["etcd", "store", "--force"], in: cluster.certificates)
                cluster.balancer?.send(SIGHUP)
                try waitUntil("the certificates are read again") {
                    cluster.balancerLog(of: 0).contains("certificates have been read again")
                }
            #endif
            // A crash of the process costs no call of the store.
            cluster.balancer?.send(SIGKILL)
            try cluster.waitForStatus(on: 0, "a successor on the same host") { $0.epoch == first + 1 }
            #expect(cluster.balancerLog(of: 0).contains("this host's lease of the store continues"))
            try cluster.crash(0)
            let (host, epoch) = try cluster.waitForBalancer(on: [1, 2], "both others are ready") { $0.readyCount == 2 }
            #expect(epoch >> 24 > first >> 24, "a claim begins a later term")
            #expect(cluster.status(on: 3 - host) == nil)
            #expect(try cluster.curl(on: host).status == 0)
            try waitUntil("the command has run") {
                Files.text("\(cluster.folder)/took.txt").contains("\(cluster.network.hosts[host].address) \(epoch)")
            }
            // A balancer that a person starts on the third host finds that it is not needed.
            #expect(try cluster.startBalancer(on: 3 - host).wait() == 1)
            #expect(cluster.balancerLog(of: 3 - host).contains(cluster.network.hosts[host].address))
        }

        @Test func `Without its store a reign goes on by pledges, and ends without them; an orderly end moves it`()
            throws
        {
            let told = "echo $UNDERSTUDY_EPOCH > released.txt"
            let cluster = try HostCluster(
                hosts: 3, workerArguments: [], balancerArguments: ["--on-release", told], usesStore: true)
            defer { cluster.tearDown() }
            let store = try #require(cluster.store)
            try waitUntil("all hosts may reign") { try store.listedHosts() == 3 }
            let first = try #require(cluster.status(on: 0)).epoch
            let reigning = try #require(cluster.balancer)
            store.signal(SIGSTOP, [1, 2])
            // Host 1 pledges anew each time, for many times the lifetime of the lease.
            try waitUntil("the first pledge") { pledgeEnd(of: 1, in: cluster) != nil }
            let begin = try #require(pledgeEnd(of: 1, in: cluster))
            try waitUntil("ten seconds of pledges") { (pledgeEnd(of: 1, in: cluster) ?? 0) > begin + 10_000_000_000 }
            #expect(cluster.status(on: 0)?.epoch == first)
            #expect(try cluster.curl(on: 0).status == 0)
            // Nobody can pledge for host 2 any more.
            cluster.workers[2].process.send(SIGKILL)
            #expect(reigning.wait() == 1)
            #expect(cluster.balancerLog(of: 0).contains("confirmed no renewal"))
            #expect(cluster.balancerLog(of: 0).contains("gave no pledge: 1"))
            try waitUntil("the command has run") { Files.text("\(cluster.folder)/released.txt") == "\(first)\n" }
            store.signal(SIGCONT, [1, 2])
            let (host, epoch) = try cluster.waitForBalancer(on: [0, 1], "the store is back") { $0.readyCount == 2 }
            #expect(epoch >> 24 > first >> 24)
            // The host of the reign ends in order: its worker and its balancer.
            cluster.workers[host].process.send(SIGTERM)
            let lock = Files.text("\(cluster.stateDirectory(of: host))/balancer.lock")
            kill(try #require(pid_t(lock.split(separator: "\n").first ?? "")), SIGTERM)
            let (next, later) = try cluster.waitForBalancer(on: [1 - host], "another host") { $0.readyCount == 1 }
            #expect(later >> 24 > epoch >> 24)
            #expect(try cluster.curl(on: next).status == 0)
            #expect(cluster.balancerLog(of: host).contains("the lease is given back"))
        }

        /// The end of the host's last pledge, in nanoseconds of its clock; nil if there is none.
        private func pledgeEnd(of host: Int, in cluster: HostCluster) -> UInt64? {
            let fields = Files.text("\(cluster.stateDirectory(of: host))/pledge").split(separator: " ")
            return fields.count == 5 ? UInt64(fields[2]) : nil
        }
    }
}
