/// Something that an operator may want to read in the balancer's log.
package enum ClusterEvent: Sendable, Equatable {
    case joined(NodeID)
    case recovered(NodeID)
    case suspected(NodeID, reason: String)
    case ejected(NodeID, reason: String)
    /// The worker failed often enough, but so do more than half of the others, or it is the last one.
    case spared(NodeID, reason: String)
    case draining(NodeID)
    case left(NodeID)
    /// Not routable for too long.
    case evicted(NodeID)
    /// Removed because this other worker proved that it serves at the address now.
    case replaced(NodeID, by: NodeID)
    case watchSilent(NodeID)
    case refused(NodeID, Refusal)
    case steppedDown(Epoch)
}

extension ClusterEvent {
    /// How loud the log should be.
    package enum Severity: Sendable {
        case notice
        case warning
    }

    package var severity: Severity {
        switch self {
        case .joined, .recovered, .draining, .left: .notice
        case .suspected, .ejected, .spared, .evicted, .replaced, .watchSilent, .refused, .steppedDown: .warning
        }
    }

    /// One line for the log.
    package var message: String {
        switch self {
        case .joined(let id): "\(id) joined"
        case .recovered(let id): "\(id) recovered"
        case .suspected(let id, let reason): "\(id) is suspect: \(reason)"
        case .ejected(let id, let reason): "\(id) ejected: \(reason)"
        case .spared(let id, let reason): "\(id) fails but keeps its place: \(reason)"
        case .draining(let id): "\(id) is draining"
        case .left(let id): "\(id) left"
        case .evicted(let id): "\(id) removed: not able to serve for too long"
        case .replaced(let id, let other): "\(id) removed: \(other) serves at its address now"
        case .watchSilent(let id): "\(id) stopped watching, but still passes its probes"
        case .refused(let id, let refusal): "\(id) refused: \(refusal.message)"
        case .steppedDown(let epoch): "stepping down: a balancer of epoch \(epoch.value) reigns"
        }
    }
}
