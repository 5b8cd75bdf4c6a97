import Cluster

/// What is the case.
extension World {
    /// The balancers that have a listener open and live, hung ones too.
    var acceptors: [Int] { live.filter { balancers[$0].isAccepting } }

    /// A balancer accepts and has somebody to send requests to.
    var isServing: Bool {
        acceptors.contains { balancers[$0].status == .running && balancers[$0].roster.routableCount > 0 }
    }

    /// One balancer, everybody in it, everybody healthy and of one mind, and nobody at the ports of other hosts.
    var isWell: Bool {
        let acceptors = acceptors
        guard acceptors.count == 1, let only = acceptors.first, balancers[only].status == .running,
            let core = balancers[only].core
        else { return false }
        guard arePortsHeldOnlyWithReign(on: balancers[only].host) else { return false }
        let listed = core.snapshot.workers
        return listed.count == workers.count
            && workers.allSatisfy { worker in
                worker.status == .running && worker.core.isRegistered
                    && worker.core.highestEpoch == balancers[only].epoch
                    && listed.contains {
                        $0.id == worker.record.id && $0.incarnation == worker.record.incarnation && $0.state == .ready
                    }
            }
    }

    /// For the report of a failure.
    var condition: String {
        let balancers = live.map { process -> String in
            let balancer = self.balancers[process]
            let listed = balancer.core?.snapshot.workers.map { "\($0.id):\($0.incarnation):\($0.state)" } ?? []
            return "balancer \(process) epoch \(balancer.epoch.value) \(balancer.stage) \(balancer.status)"
                + " accepting \(balancer.isAccepting) workers " + listed.joined(separator: " ")
        }
        let workers = workers.map {
            "\($0.record.id):\($0.record.incarnation) \($0.status) registered \($0.core.isRegistered)"
                + " epoch \($0.core.highestEpoch.value) rank \($0.core.rank.map(String.init) ?? "none") home \($0.host) at home \($0.core.isAtHome)"
                + " holds \($0.held.map(String.init) ?? "nothing")"
        }
        let locks = hosts.map { "lock of host \($0.index) held by \($0.directory.holder.map(String.init) ?? "nobody")" }
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

    /// Whether a living process of a host has the balancer's listening sockets.
    func arePortsHeld(on host: Int) -> Bool {
        workers.contains { $0.host == host && $0.isAlive && $0.held != nil }
            || live.contains {
                balancers[$0].host == host && balancers[$0].stage != .leaving
                    && (balancers[$0].hasListeners || balancers[$0].isAccepting)
            }
    }

    /// The balancer that answers at the cluster port of a host.
    func balancer(atClusterPortOf host: Int) -> Int? {
        let serving = live.filter { balancers[$0].host == host && balancers[$0].isComplete }
        guard let last = serving.last else { return nil }
        return serving.count > 1 && chance(20) ? serving[0] : last
    }
}
