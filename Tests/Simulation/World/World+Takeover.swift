import Cluster

/// The starts and ends of balancer processes, as in `BalancerLauncher`, `StandbyChannel`, `BalancerNode` and
/// `Replacement`.
extension World {
    /// An operator starts a balancer by hand.
    func operatorStarts(on host: Int) {
        guard hosts[host].isUp else { return }
        // A cluster begins on host 0. An operator uses another host only if that host knows the cluster already.
        if host != 0, !hosts[host].hasReigned, hosts[host].latestSnapshot == nil { return }
        tell("an operator starts a balancer on host \(host)")
        let addresses = plan.isAcrossHosts ? otherAddresses(from: host) : []
        feed(
            .startedByOperator(addresses: addresses, known: epochKnown(on: host)),
            to: makeBalancer(on: host, owner: nil))
    }

    func epochKnown(on host: Int) -> Epoch { hosts[host].latestSnapshot?.epoch ?? .none }

    /// An operator follows the advice of failover.md for a cluster in which no worker may act.
    ///
    /// A balancer on another host would end for a later reign that no process continues. So the operator starts the
    /// balancer on the host that knows the latest reign. The operator restarts the workers that remember a later one.
    func operatorHelps() {
        guard !isWell else { return }
        let latest = workers.indices.filter { !isLiar($0) }.map { workers[$0].core.highestEpoch }.max() ?? .none
        guard !acceptors.contains(where: { balancers[$0].epoch >= latest }) else { return }
        // Each of these balancers logs that its workers claim a later reign, so the operator stops it.
        for process in acceptors { killBalancer(process) }
        let host = hosts.indices.reduce(0) { epochKnown(on: $1) > epochKnown(on: $0) ? $1 : $0 }
        for index in workers.indices where workers[index].core.highestEpoch > epochKnown(on: host) {
            tell("an operator restarts \(workers[index].record.id)")
            killWorker(index)
            push(after(10...100), .restartWorker(index, life: workers[index].life))
        }
        push(after(milliseconds: 500), .operatorStarts(host: host))
    }

    /// The addresses where workers of other hosts may have started a balancer, as far as this host knows.
    private func otherAddresses(from host: Int) -> [BalancerAddress] {
        guard let lockDomain = LockDomain("home-\(host)"), let latest = hosts[host].latestSnapshot else { return [] }
        return latest.addresses(outside: lockDomain, port: 7000)
    }

    /// The reigning balancer of another host that a newly started balancer finds, as in `StartupDiscovery`.
    func rivalReign(at addresses: [BalancerAddress], from host: Int) -> RivalReign? {
        for address in addresses {
            guard let other = self.host(named: address.host), hosts[other].isUp, !chance(loss),
                blocked[host][other] == 0, blocked[other][host] == 0, let process = balancer(atClusterPortOf: other),
                balancers[process].status == .running, balancers[process].epoch >= epochKnown(on: host)
            else { continue }
            return RivalReign(address: address, epoch: balancers[process].epoch)
        }
        return nil
    }

    /// A worker starts a successor, as its core has decided.
    func takeOver(_ index: Int, after epoch: Epoch, killHolder: Bool) {
        let worker = workers[index]
        let life = worker.life
        if killHolder, let held = worker.held, worker.channel == held, balancers[held].epoch <= epoch {
            if plan.isContained {
                coverage.see(.outOfReach)
                push(soon(), .toWorker(index, life: life, .takeoverFinished(.holderOutOfReach)))
                return
            }
            kill(holder: held, by: index)
        }
        if let candidate = worker.candidate, balancers[candidate].isAlive {
            let outcome = TakeoverOutcome.failed("a takeover is under way already")
            push(soon(), .toWorker(index, life: life, .takeoverFinished(outcome)))
            return
        }
        if isFaulty, chance(2) {
            push(soon(), .toWorker(index, life: life, .takeoverFinished(.failed("no memory"))))
            return
        }
        let owner = Caller(worker: index, life: life, call: 0)
        let process = makeBalancer(on: worker.host, owner: owner)
        balancers[process].hasListeners = worker.held != nil
        workers[index].candidate = process
        let isParked = worker.standbyReady.map { $0 <= now } ?? false
        let arrival = isParked ? soon() : after(30...300)
        // After its start, the process reads the messages of its channel in order.
        push(arrival, .toBalancer(process, .reign(.startedAsStandby)))
        if worker.held != nil {
            let handover = Instant(nanoseconds: arrival.nanoseconds + 1000)
            push(handover, .toBalancer(process, .reign(.handoverReceived(hasListeners: true))))
        }
        let order = Instant(nanoseconds: arrival.nanoseconds + 2000)
        push(order, .toBalancer(process, .takeoverOrdered(after: epoch)))
    }

    /// Adds a balancer process.
    ///
    /// - Parameter owner: the worker that starts the process; nil for an operator.
    private func makeBalancer(on host: Int, owner: Caller?) -> Int {
        let process = balancers.count
        let coordinator: AnyCoordinator
        if let lease {
            coordinator = .lease(lease, process: process)
        } else {
            let store = SimulatedStore(hosts[host].directory, process: process)
            coordinator = .lock(HostFence(store: store, seed: random.next()))
        }
        balancers.append(
            SimulatedBalancer(
                process: process, host: host, owner: owner, starter: owner, coordinator: coordinator, lastPaused: now))
        live.append(process)
        return process
    }

    /// A worker connects to the handover socket of its host, if a balancer serves the socket.
    func connectHandover(_ index: Int) {
        guard workers[index].channel == nil, workers[index].record.mayStandIn, !workers[index].isStopping else {
            return
        }
        let host = workers[index].host
        let serving = live.filter { balancers[$0].host == host && balancers[$0].isComplete }
        guard let process = serving.last else { return }
        workers[index].channel = process
        // The kernel accepts the connection for a hung balancer, which then sends nothing.
        if balancers[process].status == .running {
            push(soon(), .toWorker(index, life: workers[index].life, .handover(from: process)))
        }
    }

    /// A balancer sends signs of life on its handover channels. A blocked cluster port does not delay them.
    func showLife(_ process: Int) {
        guard balancers[process].isAlive, balancers[process].core != nil else { return }
        push(after(milliseconds: settings.watchFastMilliseconds), .showLife(process))
        guard balancers[process].status == .running else { return }
        for index in workers.indices where workers[index].channel == process && workers[index].held == process {
            push(soon(), .toWorker(index, life: workers[index].life, .alive(from: process)))
        }
    }

    /// Whether a message is lost because the balancer does not answer at its cluster port.
    func isDeaf(_ process: Int, to input: BalancerInput) -> Bool {
        guard let until = balancers[process].deafUntil, until > now else { return false }
        switch input {
        case .register, .watch, .discover, .depart, .standInShown, .sought: return true
        case .connectBackFinished, .watchLost, .probeFinished, .handoverHeld, .handoverLeft, .reignFound, .reign,
            .takeoverOrdered, .lockRequested, .acceptingStopped:
            return false
        }
    }

    /// Closes a worker's channel to the balancer process that it has started, unless that process reigns.
    func dismissCandidate(of index: Int) {
        guard let candidate = workers[index].candidate else { return }
        workers[index].candidate = nil
        guard balancers[candidate].isAlive, balancers[candidate].owner != nil else { return }
        balancers[candidate].owner = nil
        push(soon(), .toBalancer(candidate, .reign(.workerLost)))
    }

    // MARK: The end of a reign

    /// Ends a balancer process, as SIGKILL does. Its connections end, and its lock is free after 1 ms.
    func killBalancer(_ process: Int) {
        guard balancers[process].isAlive else { return }
        tell("balancer \(process) is dead")
        if balancers[process].owner != nil { report(.failed("the balancer process ended"), of: process) }
        balancers[process].status = .dead
        balancers[process].isAccepting = false
        balancers[process].isListening = false
        balancers[process].hasListeners = false
        balancers[process].isComplete = false
        balancers[process].inbox = []
        balancers[process].events = []
        if let predecessor = balancers[process].predecessor {
            push(soon(), .toBalancer(predecessor, .reign(.successorLost)))
        }
        for other in live where balancers[other].predecessor == process {
            let refusal = ReignFailure("the balancer that reigns has ended")
            push(soon(), .toBalancer(other, .reign(.replacementRefused(refusal))))
        }
        balancers[process].attempts = []
        balancers[process].core = nil
        live.removeAll { $0 == process }
        push(after(milliseconds: 1), .lockFreed(host: balancers[process].host, process: process))
        endConnections(of: process)
    }

    /// Reports the successor's epoch to the workers of the host, so that none of them takes this end for a death.
    ///
    /// The workers are those with a handover channel, and the worker that started this balancer. The latter may have no
    /// channel yet.
    func announce(successor epoch: Epoch, of process: Int) {
        // Each channel delivers this message before the end of the channel.
        let arrival = Instant(nanoseconds: now.nanoseconds + 50_000)
        if let starter = balancers[process].starter {
            push(arrival, .toWorker(starter.worker, life: starter.life, .succeeded(by: epoch)))
        }
        for index in workers.indices where workers[index].channel == process {
            push(arrival, .toWorker(index, life: workers[index].life, .succeeded(by: epoch)))
        }
    }

    /// Ends a balancer's watch connections and handover channels.
    func endConnections(of process: Int) {
        for index in workers.indices where workers[index].isAlive {
            let life = workers[index].life
            if workers[index].watches == process {
                workers[index].watches = nil
                // If the message is lost, the check in progress ends by its timeout.
                if let arrival = arrival(from: balancers[process].host, to: workers[index].host) {
                    // With a new number the worker notices the end of the connection even without a check in progress.
                    workers[index].watchCall += 1
                    let failure = WorkerInput.watchFailed(.closed, call: workers[index].watchCall)
                    push(arrival, .toWorker(index, life: life, failure))
                }
            }
            if workers[index].channel == process {
                push(soon(), .toWorker(index, life: life, .handoverEnded(with: process)))
            }
        }
    }

    // MARK: Replacement

    /// An operator starts a replacement for a balancer.
    func replace(_ process: Int) {
        guard lease == nil, balancers[process].isComplete, balancers[process].status == .running else { return }
        coverage.see(.replacement)
        let successor = makeBalancer(on: balancers[process].host, owner: nil)
        tell("balancer \(successor) starts to replace balancer \(process)")
        balancers[successor].hasListeners = true
        balancers[successor].predecessor = process
        feed(.startedAsReplacement, to: successor)
        push(soon(), .toBalancer(successor, .reign(.handoverReceived(hasListeners: true))))
    }
}
