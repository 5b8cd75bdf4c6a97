/// Something that an operator may want to read in the worker's log.
package enum MemberEvent: Sendable, Equatable {
    case registered(Epoch)
    /// The balancer does not know this worker (any more).
    case forgotten
    case registrationRefused(Refusal)
    case balancerUnreachable
    case balancerSuspected
    case balancerDead
    /// The connection to the balancer of another home has ended, or is refused: it may be dead, or cut off.
    case balancerLost
    /// A balancer of a higher epoch was met.
    case newBalancer(Epoch)
    case olderBalancerIgnored(Epoch)
    /// The balancer is asked at another seat from now on.
    case moved(Seat)
    /// The others still see the balancer; this worker waits.
    case outvoted
    /// Too few of the registered workers, or only those of one home, miss the balancer of another home.
    case noQuorum(agreed: Int, registered: Int)
    case takingOver(after: Epoch)
    case takingOverAcrossHosts(after: Epoch)
    case tookOver(Epoch)
    case takeoverLostToAnother
    case takeoverFailed(String)
    case ownLoopLagged(milliseconds: Int64)
    case balancerStoppedOnPurpose
}

extension MemberEvent {
    /// One line for the log.
    package var message: String {
        switch self {
        case .registered(let epoch): "registered with the balancer of epoch \(epoch.value)"
        case .forgotten: "the balancer does not know this worker: registering again"
        case .registrationRefused(let refusal): "registration refused: \(refusal.message)"
        case .balancerUnreachable: "the balancer can't be reached: trying again"
        case .balancerSuspected: "the balancer does not answer"
        case .balancerDead: "the balancer is dead"
        case .balancerLost: "the connection to the balancer has ended: it is dead, or cut off"
        case .newBalancer(let epoch): "following the balancer of epoch \(epoch.value)"
        case .olderBalancerIgnored(let epoch): "ignoring an older balancer, of epoch \(epoch.value)"
        case .moved(let seat): "the balancer is at \(seat.host), port \(seat.port): registering there"
        case .outvoted: "other workers still see the balancer: not taking over"
        case .noQuorum(let agreed, let registered):
            "not taking over: \(agreed) of \(registered) registered workers miss the balancer; more than half are needed, from two hosts at least (or --takeover-without-quorum)"
        case .takingOverAcrossHosts(let epoch): "taking over across hosts, after epoch \(epoch.value)"
        case .takingOver(let epoch): "taking over after epoch \(epoch.value)"
        case .tookOver(let epoch): "took over: epoch \(epoch.value)"
        case .takeoverLostToAnother: "another process holds the lock: it has taken over, or still reigns"
        case .takeoverFailed(let reason): "could not take over: \(reason)"
        case .ownLoopLagged(let milliseconds): "this worker stood still for \(milliseconds) ms: accusing nobody"
        case .balancerStoppedOnPurpose: "the balancer was stopped on purpose: not bringing it back"
        }
    }
}
