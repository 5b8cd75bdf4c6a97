/// Who stands in for the balancer, and in which order: (port, host, id) over the workers that may, on one machine.
///
/// Ready workers come first. The others that are not leaving come after them: when a balancer dies before it has probed
/// its hints, nobody is ready, and somebody must act all the same.
package struct SuccessionOrder: Sendable, Equatable {
    package let candidates: [WorkerRecord]

    /// - Parameter host: the machine that the balancer's listeners and lock are on; workers elsewhere can't have them.
    package init(of snapshot: Snapshot, onMachineOf host: String) {
        let able = snapshot.workers.filter {
            $0.mayStandIn && $0.state != .draining && HostName.isSameMachine($0.host, host)
        }
        candidates = able.sorted { left, right in
            let isLeftReady = left.state == .ready
            let isRightReady = right.state == .ready
            return isLeftReady == isRightReady ? WorkerRecord.precedes(left, right) : isLeftReady
        }
    }

    /// How many living candidates come before `id`; nil when it is no candidate.
    package func rank(of id: NodeID, without dead: Set<NodeID> = []) -> Int? {
        var rank = 0
        for candidate in candidates {
            if candidate.id == id { return rank }
            if !dead.contains(candidate.id) { rank += 1 }
        }
        return nil
    }

    /// Whom `id` asks before it takes over on suspicion: the living others among the first `count`, because those watch
    /// closely and know best. Where none of them is left, the first living others.
    package func electors(for id: NodeID, without dead: Set<NodeID>, count: Int) -> [WorkerRecord] {
        let isElector = { (candidate: WorkerRecord) in candidate.id != id && !dead.contains(candidate.id) }
        let close = candidates.prefix(count).filter(isElector)
        return close.isEmpty ? Array(candidates.lazy.filter(isElector).prefix(count)) : close
    }
}
