import Cluster

/// Views of the world's state.
extension World {
    /// The living balancers that accept, hung ones included.
    var acceptors: [Int] { live.filter { balancers[$0].isAccepting } }

    /// Whether a balancer accepts and has a worker for requests.
    var isServing: Bool {
        acceptors.contains { balancers[$0].status == .running && balancers[$0].loadBalancer.routableCount > 0 }
    }

    /// Whether the whole cluster is healthy.
    ///
    /// Exactly one balancer accepts. All workers are ready in its registry and know its epoch. No process holds the
    /// ports of other hosts.
    var isWell: Bool {
        let acceptors = acceptors
        guard acceptors.count == 1, let only = acceptors.first, balancers[only].status == .running,
            let core = balancers[only].core
        else { return false }
        guard arePortsHeldOnlyWithReign(on: balancers[only].host) else { return false }
        let listed = core.snapshot.workers
        return workers.allSatisfy { worker in
            if isLiar(worker.index) { return true }
            return worker.status == .running && worker.core.isRegistered
                && worker.core.highestEpoch == balancers[only].epoch
                && listed.contains {
                    $0.id == worker.record.id && $0.incarnation == worker.record.incarnation && $0.state == .ready
                        && ($0.mayStandIn || !mayProveIt(worker, to: only))
                }
        }
    }

    /// Whether a worker can prove to a balancer that it may stand in.
    private func mayProveIt(_ worker: SimulatedWorker, to process: Int) -> Bool {
        worker.record.mayStandIn && (worker.host == balancers[process].host || worker.record.acrossHosts)
    }

    /// The state of all processes and locks, for the report of a failure.
    var condition: String {
        let balancers = live.map { process -> String in
            let balancer = self.balancers[process]
            let listed = balancer.core?.snapshot.workers.map { "\($0.id):\($0.incarnation):\($0.state)" } ?? []
            return "balancer \(process) epoch \(balancer.epoch.value) \(balancer.stage) \(balancer.status)"
                + " accepting \(balancer.isAccepting) workers " + listed.joined(separator: " ")
        }
        let workers = workers.map {
            "\($0.record.id):\($0.record.incarnation) \($0.status) registered \($0.core.isRegistered)"
                + " epoch \($0.core.highestEpoch.value) rank \($0.core.rank.map(String.init) ?? "none") host \($0.host) shares lock \($0.core.sharesLockDomain)"
                + " holds \($0.held.map(String.init) ?? "nothing")"
        }
        let locks = hosts.map { "lock of host \($0.index) held by \($0.directory.holder.map(String.init) ?? "none")" }
        return (balancers + workers + locks).joined(separator: "; ")
    }

    /// The living worker that listens at an address.
    func listener(host: Int, port: UInt16) -> Int? {
        workers.firstIndex { $0.host == host && $0.record.port == port && $0.isAlive }
    }

    func host(named name: String) -> Int? {
        hosts.indices.first { World.address(ofHost: $0) == name }
    }

    static func address(ofHost index: Int) -> String { "10.0.0.\(index + 1)" }

    /// Whether a living process on a host holds the balancer's listening sockets.
    func arePortsHeld(on host: Int) -> Bool {
        workers.contains { $0.host == host && $0.isAlive && $0.held != nil }
            || live.contains {
                balancers[$0].host == host && balancers[$0].hasListeners
            }
    }

    /// Whether a worker of a host finds the lock of the state directory free.
    ///
    /// A lease is no such lock: a paused holder loses it and lives.
    func isLockFree(on host: Int) -> Bool {
        lease == nil && hosts[host].hasReigned && hosts[host].directory.holder == nil
    }

    /// The balancer that answers at the cluster port of a host.
    func balancer(atClusterPortOf host: Int) -> Int? {
        let serving = live.filter { balancers[$0].host == host && balancers[$0].isComplete }
        guard let last = serving.last else { return nil }
        return serving.count > 1 && chance(20) ? serving[0] : last
    }
}
