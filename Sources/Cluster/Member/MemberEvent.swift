/// An event for the worker's log.
package enum MemberEvent: Sendable, Equatable {
    case registered(Epoch)
    /// The balancer does not know this worker, or no longer.
    case forgotten
    case registrationRefused(Refusal)
    /// The balancer lives in another lock domain, and this worker may not act across hosts.
    case balancerTooDistant
    case balancerSuspected
    /// The balancer's process lives, but does not answer at its cluster port.
    case balancerBusy
    case balancerDead
    /// The connection to the balancer of another lock domain has closed or is refused: it may be dead or cut off.
    case balancerLost
    /// The store says that no lock domain reigns.
    case leaderGone
    /// The worker has met a balancer of a higher epoch.
    case newBalancer(Epoch)
    case olderBalancerIgnored(Epoch)
    /// The epoch is too high to be believed; see `Epoch.reach`.
    case absurdEpochIgnored(Epoch)
    /// The worker uses another balancer address from now on.
    case moved(BalancerAddress)
    /// The other workers still see the balancer, so this worker waits.
    case outvoted
    /// Too few of the registered workers, or only those of one lock domain, miss the balancer of another lock domain.
    case noQuorum(agreed: Int, registered: Int)
    case takingOver(after: Epoch)
    case takingOverAcrossHosts(after: Epoch)
    case tookOver(Epoch)
    case takeoverLostToAnother
    /// The balancer hangs, and this worker can't kill it.
    case holderOutOfReach
    case takeoverFailed(String)
    case ownLoopLagged(milliseconds: Int64)
}

extension MemberEvent {
    /// An operator has to know of the event; else it is a notice.
    package var isWarning: Bool { self == .balancerTooDistant || self == .holderOutOfReach }

    /// One line for the log.
    package var message: String {
        switch self {
        case .registered(let epoch): "registered with the balancer of epoch \(epoch.value)"
        case .forgotten: "the balancer does not know this worker: registering again"
        case .registrationRefused(let refusal): "registration refused: \(refusal.message)"
        case .balancerTooDistant:
            "this worker can't stand in for the balancer, which has another state directory: give --across-hosts on another host, or the balancer's --state-dir on the same host"
        case .balancerSuspected: "the balancer does not answer"
        case .balancerBusy:
            "the balancer's process lives, but does not answer at its cluster port: not taking over (see the balancer's log)"
        case .balancerDead: "the balancer is dead"
        case .balancerLost: "the connection to the balancer has ended: the balancer is dead or cut off"
        case .leaderGone: "no host has the reign, says the store"
        case .newBalancer(let epoch): "following the balancer of epoch \(epoch.value)"
        case .olderBalancerIgnored(let epoch): "ignoring an older balancer, of epoch \(epoch.value)"
        case .absurdEpochIgnored(let epoch):
            "ignoring a balancer of epoch \(epoch.value): it is too high to be believed; if it is right, see 'balancer epochs --help'"
        case .moved(let address): "the balancer is at \(address.host), port \(address.port): registering there"
        case .outvoted: "other workers still see the balancer: not taking over"
        case .noQuorum(let agreed, let registered):
            "not taking over: \(agreed) of \(registered) registered workers miss the balancer; more than half are needed, from two hosts at least (or --takeover-without-quorum)"
        case .takingOverAcrossHosts(let epoch): "taking over across hosts, after epoch \(epoch.value)"
        case .takingOver(let epoch): "taking over after epoch \(epoch.value)"
        case .tookOver(let epoch): "took over: epoch \(epoch.value)"
        case .takeoverLostToAnother: "another process holds the lock: it has taken over, or still reigns"
        case .holderOutOfReach:
            "the balancer hangs, and this worker can't kill it, because it runs in another PID namespace: end or restart the balancer's container; clients wait until then"
        case .takeoverFailed(let reason): "could not take over: \(reason)"
        case .ownLoopLagged(let milliseconds):
            "this worker was paused for \(milliseconds) ms: not suspecting the balancer"
        }
    }
}
