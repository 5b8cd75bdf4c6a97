import Cluster

// A balancer's knowledge of the other hosts, and the pledges of their workers.

extension LeaseWorld {
    /// A worker of the host is in the registry of a balancer on `other`, and the balancer has not dropped it.
    private func isRegistered(_ host: Int, on other: Int) -> Bool {
        guard let seen = hosts[host].lastSeen[other] else { return false }
        return now.milliseconds(since: seen) < plan.dropMilliseconds
    }

    /// The second's look at the registry.
    func tellNeighbours(_ process: Int) {
        let own = processes[process].host
        let others = hosts.indices.filter { $0 != own && isRegistered($0, on: own) }
        feed(process, .neighboursSeen(others.map { hosts[$0].lockDomain }))
    }

    /// The workers of other hosts register with the balancer, if they reach it.
    func registerWorkers(with process: Int, _ epoch: Epoch) {
        let own = processes[process].host
        for other in hosts.indices where other != own && hosts[other].isUp && network.hostCuts[own][other] == 0 {
            hosts[other].lastSeen[own] = now
            hosts[other].met = max(hosts[other].met, epoch)
        }
    }

    func askPledges(_ process: Int, of lockDomains: [LockDomain], _ request: PledgeRequest, round: UInt64) {
        let own = processes[process].host
        tell("balancer \(process) asks \(lockDomains) for pledges in round \(round)")
        for host in hosts.indices where lockDomains.contains(hosts[host].lockDomain) {
            if network.hostCuts[own][host] > 0 || chance(network.loss) { continue }
            push(arrival(slowest: 4000), .pledgeAsked(request, host: host, by: process, round: round))
        }
    }

    func pledgeAsked(_ request: PledgeRequest, host: Int, by process: Int, round: UInt64) {
        guard hosts[host].isUp else { return }
        // The worker is a process of its own on the host.
        var lock = SimulatedStore(hosts[host].directory, process: -1 - host)
        guard case .taken = lock.tryLock() else { return }
        defer { lock.unlock() }
        let boot = hosts[host].directory.boot
        let pledge = request.pledge(
            of: hosts[host].lockDomain, known: hosts[host].met, saved: SavedLease(hosts[host].savedLease, in: boot),
            now: hosts[host].local(now))
        guard let pledge else { return }
        coverage.see(.pledge)
        tell("host \(host) pledges to balancer \(process) in round \(round)")
        hosts[host].pledge = pledge.bytes(in: boot)
        let own = processes[process].host
        if network.hostCuts[own][host] > 0 || chance(network.loss) { return }
        push(arrival(slowest: 4000), .pledgeArrives(process, hosts[host].lockDomain, round: round))
    }

    /// The host has promised to take no leader key at present.
    func isPledged(_ host: Int) -> Bool {
        guard let pledge = Pledge(hosts[host].pledge, in: hosts[host].directory.boot) else { return false }
        return hosts[host].local(now) < pledge.until
    }
}
