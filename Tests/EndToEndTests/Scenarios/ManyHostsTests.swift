import Foundation
import Testing

extension Scenarios {
    /// etcd decides which host reigns. Hosts are network namespaces, each with a member of the store.
    @Suite(
        .enabled(if: Privileges.canMakeNamespaces, "network namespaces need root and iproute2"),
        .enabled(if: StoreCluster.isInstalled, "these tests need Debian's etcd-server"))
    struct ManyHosts {
        @Test func `When a host dies, the store gives the reign to another one, which its workers find`() throws {
            let told = "echo $UNDERSTUDY_HOST $UNDERSTUDY_EPOCH > took.txt"
            let cluster = try HostCluster(hosts: 3, workerArguments: ["--on-takeover", told], usesStore: true)
            defer { cluster.tearDown() }
            let first = try #require(cluster.status(on: 0)).epoch
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
            #expect(cluster.balancerLog(of: 3 - host).contains("\(cluster.network.hosts[host].address):"))
        }

        @Test func `Without its store a reign ends, and it comes back with the store; an orderly end moves it at once`()
            throws
        {
            let told = "echo $UNDERSTUDY_EPOCH > released.txt"
            let cluster = try HostCluster(
                hosts: 3, workerArguments: [], balancerArguments: ["--on-release", told], usesStore: true)
            defer { cluster.tearDown() }
            let store = try #require(cluster.store)
            let first = try #require(cluster.status(on: 0)).epoch
            let reigning = try #require(cluster.balancer)
            store.signal(SIGSTOP, [1, 2])
            #expect(reigning.wait() == 1)
            #expect(cluster.balancerLog(of: 0).contains("confirmed no renewal"))
            try waitUntil("the command has run") { Files.text("\(cluster.folder)/released.txt") == "\(first)\n" }
            store.signal(SIGCONT, [1, 2])
            let (host, epoch) = try cluster.waitForBalancer(on: [0, 1, 2], "the store is back") { $0.readyCount == 3 }
            #expect(epoch >> 24 > first >> 24)
            // The host of the reign ends in order: its worker and its balancer.
            cluster.workers[host].process.send(SIGTERM)
            let lock = Files.text("\(cluster.stateDirectory(of: host))/balancer.lock")
            kill(try #require(pid_t(lock.split(separator: "\n").first ?? "")), SIGTERM)
            let others = [0, 1, 2].filter { $0 != host }
            let (next, later) = try cluster.waitForBalancer(on: others, "another host") { $0.readyCount == 2 }
            #expect(later >> 24 > epoch >> 24)
            #expect(try cluster.curl(on: next).status == 0)
            #expect(cluster.balancerLog(of: host).contains("the lease is given back"))
        }
    }
}
