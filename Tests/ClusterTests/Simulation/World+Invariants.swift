import Cluster

/// What must be true after every event, whatever happens.
extension World {
    func checkInvariants(after event: SimulatedEvent) {
        if !isLease, acceptors.count > 1 {
            violations.append("two balancers accept: \(acceptors)")
        }
        switch event {
        case .takeLock:
            if Set(lock.granted).count != lock.granted.count {
                violations.append("an epoch was granted twice: \(lock.granted.map(\.value))")
            }
        case .toMember(let index, _, _), .wakeMember(let index, _), .resumeMember(let index, _):
            checkMember(index)
        case .toBalancer(let process, _), .wakeBalancer(let process), .resumeBalancer(let process):
            checkBalancer(process)
        case .toClusterPort:
            for index in members.indices { checkMember(index) }
            for process in acceptors { checkBalancer(process) }
        default:
            break
        }
    }

    private func checkMember(_ index: Int) {
        let member = members[index]
        let snapshot = member.core.snapshot
        if member.core.highestEpoch < member.highestSeen {
            violations.append("\(member.record.id) forgot epoch \(member.highestSeen.value)")
        }
        let last = member.lastSnapshot
        guard snapshot.epoch != last.epoch || snapshot.version != last.version else { return }
        if !snapshot.supersedes(last) {
            violations.append(
                "\(member.record.id) went back from \(last.epoch.value).\(last.version)"
                    + " to \(snapshot.epoch.value).\(snapshot.version)"
            )
        }
        for worker in last.workers {
            if let now = snapshot.workers.first(where: { $0.id == worker.id }), now.incarnation < worker.incarnation {
                violations.append(
                    "\(member.record.id) went back from incarnation \(worker.incarnation) of \(worker.id)"
                        + " to \(now.incarnation)"
                )
            }
        }
        members[index].lastSnapshot = snapshot
    }

    private func checkBalancer(_ process: Int) {
        let version = balancers[process].core.snapshot.version
        guard version != balancers[process].lastVersion else { return }
        if version < balancers[process].lastVersion {
            violations.append("balancer \(process) went back to version \(version)")
        }
        balancers[process].lastVersion = version
        for worker in balancers[process].core.snapshot.workers {
            let last = balancers[process].lastIncarnations[worker.id] ?? 0
            if worker.incarnation < last {
                violations.append("balancer \(process) went back from incarnation \(last) of \(worker.id)")
            }
            balancers[process].lastIncarnations[worker.id] = worker.incarnation
            let isKnown = members.contains {
                $0.record.id == worker.id && $0.record.port == worker.port
                    && $0.record.incarnation >= worker.incarnation
            }
            if !isKnown {
                violations.append(
                    "\(worker.id) of incarnation \(worker.incarnation) on port \(worker.port) is none of us"
                )
            }
        }
    }
}
