import Foundation
import Testing

extension HostScenarios {
    /// The balancer's host is lost or cut off. Hosts are network namespaces.
    @Suite(.enabled(if: Privileges.canMakeNamespaces, "network namespaces need root and iproute2"))
    struct AcrossHosts {
        /// Epochs of later terms are above all of the first.
        private static let firstTerm = 1 << 24

        @Test func `When a host dies, a successor reigns on the next host and stays there`() throws {
            let told =
                "echo $UNDERSTUDY_HOST $UNDERSTUDY_PORT $UNDERSTUDY_EPOCH $UNDERSTUDY_ACROSS_HOSTS $(echo /proc/self/fd/*) > told.txt"
            let cluster = try HostCluster(hosts: 3, workerArguments: ["--across-hosts", "--on-takeover", told])
            defer { cluster.tearDown() }
            try cluster.crash(0)
            let (host, epoch) = try cluster.waitForBalancer(on: [1, 2], "both others are ready") { $0.readyCount == 2 }
            #expect(epoch > AcrossHosts.firstTerm)
            #expect(try cluster.curl(on: host).status == 0)
            let expected = "\(cluster.network.hosts[host].address) \(cluster.publicPort) \(epoch) 1"
            try waitUntil("the command has run") { Files.text("\(cluster.folder)/told.txt").hasPrefix(expected) }
            // The last listed folder is the current one.
            let open = Files.text("\(cluster.folder)/told.txt").split(whereSeparator: \.isWhitespace).dropFirst(4)
            #expect(open.map { $0.split(separator: "/").last } == ["0", "1", "2", "3"])
            // An operator on the third host learns where the balancer reigns, once the worker list of that reign is there.
            let named = "on another host (\(cluster.network.hosts[host].address)), epoch \(epoch):"
            try waitUntil("the command names the host") {
                let elsewhere = try Command.run(
                    TestCluster.balancerProgram, ["status", "--state-dir", cluster.stateDirectory(of: 3 - host)])
                #expect(elsewhere.status == 3 && elsewhere.errorLines.count == 1, "\(elsewhere)")
                return elsewhere.errors.contains(named)
            }
            // A worker that supports one candidate supports no other.
            #expect(!cluster.workers[3 - host].log.contains("taking over across"))
            // The host returns with its old state. Its worker looks for the balancer at the old address.
            try cluster.network.plug(cluster.network.hosts[0])
            try cluster.workers[0].start()
            try cluster.waitForStatus(on: host, "all are ready") { $0.readyCount == 3 && $0.epoch == epoch }
            #expect(!cluster.workers[0].log.contains("taking over"))
            // A balancer that an operator or the service manager starts there finds that it is not needed.
            #expect(try cluster.startBalancer(on: 0).wait() == 1)
            #expect(cluster.balancerLog(of: 0).contains("reigns at \(cluster.network.hosts[host].address)"))
            #expect(cluster.status(on: host)?.epoch == epoch)
        }

        @Test func `After a partition the balancer with the lower epoch ends, and all workers follow the higher one`()
            throws
        {
            let cluster = try HostCluster(hosts: 3)
            defer { cluster.tearDown() }
            let past = try #require(cluster.balancer)
            try cluster.network.unplug(cluster.network.hosts[0])
            let (host, epoch) = try cluster.waitForBalancer(on: [1, 2], "the majority has a balancer") {
                $0.workers.count { $0.state == "ready" && $0.id != "worker-0" } == 2
            }
            // There is no guarantee here: both sides serve their clients.
            #expect(try cluster.curl(on: 0).text == "worker-0\n")
            #expect(try cluster.curl(on: host).status == 0)
            // This is guaranteed: a worker that has met the higher epoch serves no lower one.
            for other in 1...2 {
                try waitUntil("the worker has met the epoch") { cluster.workers[other].log.contains("epoch \(epoch)") }
                #expect(try cluster.statusOfRequest(under: 1, on: other) == "409")
            }
            try cluster.network.plug(cluster.network.hosts[0])
            #expect(past.wait() == 1)
            #expect(cluster.balancerLog(of: 0).contains("a later balancer reigns"))
            try cluster.waitForStatus(on: host, "all are ready") { $0.readyCount == 3 && $0.epoch == epoch }
            #expect(!cluster.workers[0].log.contains("taking over"))
            try waitUntil("the worker has moved") { cluster.workers[0].log.contains("registering there") }
            #expect(try cluster.statusOfRequest(under: 1, on: 0) == "409")
            // The host of the former balancer has closed the ports.
            try waitUntil("clients of the first host are refused") { try cluster.curl(on: 0).status == 7 }
        }

        @Test func `Two hosts are no majority, except with --takeover-without-quorum`() throws {
            let cluster = try HostCluster(hosts: 2)
            defer { cluster.tearDown() }
            try cluster.crash(0)
            let worker = cluster.workers[1]
            try waitUntil("the worker logs the reason") {
                worker.log.contains("not taking over: 1 of 2 registered workers")
            }
            #expect(cluster.status(on: 1) == nil)
            worker.process.end()
            try cluster.startWorker(on: 1, arguments: ["--across-hosts", "--takeover-without-quorum"])
            try cluster.waitForStatus(on: 1, "it has taken over") {
                $0.epoch > AcrossHosts.firstTerm && $0.state(of: "worker-1") == "ready"
            }
            #expect(try cluster.curl(on: 1).text == "worker-1\n")
        }
    }
}
