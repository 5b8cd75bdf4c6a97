/// Everything that happens to a worker, as a value. So a trace of a running process can be replayed.
///
/// Two events are not here, because they have answers: a request for a pledge (`PledgeRequest.pledge`), and a prevote (`MemberCore.prevoteAsked`).
package enum MemberInput: Sendable {
    case started
    /// The process is asked to end.
    case stopRequested
    /// The deadline of `MemberCore.nextDeadline` has come.
    case tick
    /// This worker's own event loop came so much too late.
    case lagged(milliseconds: Int64)

    // MARK: Registration

    /// The host at which the name in the present balancer address was reached.
    case balancerReached(host: String)
    case registered(Snapshot, settings: ClusterSettings?)
    case registrationFailed(Refusal)
    case registrationUnreachable(isSilent: Bool)

    // MARK: Checks of the balancer

    case watchAnswered(Epoch, newer: Snapshot?)
    case watchUnknown
    case watchFailed(WatchFailure)
    /// At this address a balancer of this epoch answers.
    case balancerFound(BalancerAddress, Epoch)
    /// A request or a notice of a balancer carries this epoch.
    case epochSeen(Epoch)

    // MARK: The store of several hosts

    /// The store names this address of the reigning balancer.
    case balancerAnnounced(BalancerAddress)
    /// The store says that no lock domain reigns.
    case leaderGone
    /// This host has pledged to start no balancer for this long.
    case pledged(milliseconds: Int64)

    // MARK: The balancer's process

    /// The balancer of this epoch has handed over its listeners.
    case handoverReceived(Epoch)
    /// The handover channel has ended. Its epoch; nil when its listeners are no longer held.
    case handoverEnded(Epoch?)
    /// The process at the handover channel moves.
    case balancerMoved

    // MARK: Succession

    /// The answer to `MemberEffect.inspectLock`.
    case lockInspected(isFree: Bool)
    /// A worker has answered a prevote; nil for one that can't be reached.
    case prevoteAnswered(from: NodeID, PrevoteAnswer?)
    case takeoverFinished(TakeoverOutcome)
}

extension MemberCore {
    package mutating func feed(_ input: MemberInput, now: Instant) {
        switch input {
        case .started: start(now: now)
        case .stopRequested: stop(now: now)
        case .tick: tick(now: now)
        case .lagged(let milliseconds): loopLagged(byMilliseconds: milliseconds, now: now)
        case .balancerReached(let host): reachedHost = host
        case .registered(let snapshot, let settings): registered(snapshot, settings: settings, now: now)
        case .registrationFailed(let refusal): registrationFailed(refusal, now: now)
        case .registrationUnreachable(let isSilent): registrationUnreachable(isSilent: isSilent, now: now)
        case .watchAnswered(let epoch, let newer): watchAnswered(epoch: epoch, newer: newer, now: now)
        case .watchUnknown: watchUnknown(now: now)
        case .watchFailed(let failure): watchFailed(failure, now: now)
        case .balancerFound(let address, let epoch): balancerFound(at: address, epoch: epoch, now: now)
        case .epochSeen(let epoch): _ = requestSeen(epoch: epoch)
        case .balancerAnnounced(let address): balancerAnnounced(address, now: now)
        case .leaderGone: leaderGone(now: now)
        case .pledged(let milliseconds): pledgedUntil = now.advanced(byMilliseconds: milliseconds)
        case .handoverReceived(let epoch): handoverReady(epoch: epoch, now: now)
        case .handoverEnded(let epoch): handoverEnded(epoch: epoch, now: now)
        case .balancerMoved: balancerMoved(now: now)
        case .lockInspected(let isFree): lockInspected(isFree: isFree, now: now)
        case .prevoteAnswered(let id, let answer): prevoteAnswered(from: id, answer, now: now)
        case .takeoverFinished(let outcome): takeoverFinished(outcome, now: now)
        }
    }
}
