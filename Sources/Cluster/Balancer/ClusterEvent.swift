/// An event for the balancer's log.
package enum ClusterEvent: Sendable, Equatable {
    case joined(NodeID)
    case recovered(NodeID)
    case suspected(NodeID, reason: String)
    case ejected(NodeID, reason: String)
    /// The worker failed often enough, but stays in the rotation (panic mode): more than half of the others fail too,
    /// or it is the last one.
    case keptInRotation(NodeID, reason: String)
    case draining(NodeID)
    /// An operator has ended the drain of this worker.
    case undrained(NodeID)
    case left(NodeID)
    /// Not routable for too long.
    case dropped(NodeID)
    /// Removed, because another worker has proved that it serves at this address now.
    case replaced(NodeID, by: NodeID)
    case watchSilent(NodeID)
    case refused(NodeID, Refusal)
    case fenced(Epoch)
    /// A peer claims a later reign; nil for a peer without a name.
    case laterReignClaimed(Epoch, by: NodeID?)
    /// A balancer answers under an epoch that no coordinator can have granted.
    case absurdReign(Epoch, at: BalancerAddress)
    /// The worker announces a capacity above the limit.
    case capacityBounded(NodeID, announced: Int, counted: Int)
    /// If this balancer dies, no worker starts a successor.
    case nobodyMayStandIn
    /// A worker may stand in again.
    case successionRestored
    /// An operator holds new requests, for this time or until the operator ends it.
    case paused(milliseconds: Int64?)
    /// The pause has ended, by an operator or after its time.
    case resumed(byOperator: Bool)
}

extension ClusterEvent {
    /// The log level.
    package enum Severity: Sendable {
        case notice
        case warning
    }

    package var severity: Severity {
        switch self {
        case .joined, .recovered, .draining, .undrained, .left, .capacityBounded, .successionRestored, .paused,
            .resumed:
            .notice
        case .suspected, .ejected, .keptInRotation, .dropped, .replaced, .watchSilent, .refused, .fenced,
            .laterReignClaimed, .absurdReign, .nobodyMayStandIn:
            .warning
        }
    }

    /// One line for the log.
    package var message: String {
        switch self {
        case .joined(let id): "\(id) joined"
        case .recovered(let id): "\(id) recovered"
        case .suspected(let id, let reason): "\(id) is suspect: \(reason)"
        case .ejected(let id, let reason): "\(id) ejected: \(reason)"
        case .keptInRotation(let id, let reason): "\(id) fails but stays in the rotation: \(reason)"
        case .draining(let id): "\(id) is draining"
        case .undrained(let id): "\(id) is no longer drained"
        case .left(let id): "\(id) left"
        case .dropped(let id): "\(id) dropped from the registry: out of service for too long"
        case .replaced(let id, let other): "\(id) removed: \(other) serves at its address now"
        case .watchSilent(let id): "\(id) stopped watching, but still passes its probes"
        case .refused(let id, let refusal): "\(id) refused: \(refusal.message)"
        case .fenced(let epoch): "stepping down: a balancer of epoch \(epoch.value) reigns"
        case .laterReignClaimed(let epoch, let id):
            "\(id?.text ?? "a peer") claims that a balancer of epoch \(epoch.value) reigns: asking the fence and that address; if none reigns there, see 'balancer epochs --help'"
        case .absurdReign(let epoch, let address):
            "a balancer at \(address) has epoch \(epoch.value), which is too high to be believed: ignored"
        case .capacityBounded(let id, let announced, let counted):
            "\(id) announces capacity \(announced): counted as \(counted) (see --max-capacity)"
        case .nobodyMayStandIn:
            "no worker may stand in for this balancer: if it dies, it stays away; each worker's log gives the reason at its start"
        case .paused(let milliseconds?): "new requests wait, paused by an operator for \(milliseconds) ms more"
        case .paused: "new requests wait, paused by an operator until 'balancer resume'"
        case .resumed(let isByOperator):
            "new requests get workers again: \(isByOperator ? "an operator has ended the pause" : "the time of the pause is over")"
        case .successionRestored: "a worker may stand in for this balancer again"
        }
    }
}
