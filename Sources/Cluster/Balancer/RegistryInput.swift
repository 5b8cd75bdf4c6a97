/// News for a balancer about its workers and other reigns, as a value. So a trace of a running process can be replayed.
///
/// Requests of the cluster port are not here: each has a verdict, and the verdict is the answer.
package enum RegistryInput: Sendable {
    /// The deadline of `BalancerCore.nextDeadline` has come.
    case tick

    // MARK: Requests of clients

    case requestFailed(NodeID, incarnation: UInt64, RequestFault)
    /// The first request that succeeds after failed ones.
    case requestSucceeded(NodeID, incarnation: UInt64)
    /// A worker refused a request: it says that it has met the epoch `seen`, at this address perhaps.
    case epochRefused(by: NodeID, incarnation: UInt64, seen: Epoch, at: BalancerAddress?)

    // MARK: Probes and connections

    case probeAsked(NodeID, incarnation: UInt64)
    case probeFinished(NodeID, incarnation: UInt64, ProbeOutcome)
    /// The connection over which a worker watches has ended.
    case watchLost(NodeID, incarnation: UInt64)
    case handoverHeld(by: NodeID)
    case handoverLeft(by: NodeID)

    // MARK: Other reigns

    /// At this address a balancer of this epoch answers.
    case reignFound(Epoch, at: BalancerAddress)
    /// The coordinator has said what has become of its grant.
    case fenceChecked(FenceStanding)
}

extension BalancerCore {
    package mutating func feed(_ input: RegistryInput, now: Instant) {
        switch input {
        case .tick: tick(now: now)
        case .requestFailed(let id, let incarnation, let fault):
            requestFailed(id, incarnation: incarnation, fault, now: now)
        case .requestSucceeded(let id, let incarnation): requestSucceeded(id, incarnation: incarnation, now: now)
        case .epochRefused(let id, let incarnation, let seen, let address):
            epochRefused(by: id, incarnation: incarnation, seen: seen, at: address, now: now)
        case .probeAsked(let id, let incarnation): probeAsked(id, incarnation: incarnation, now: now)
        case .probeFinished(let id, let incarnation, let outcome):
            probeFinished(id, incarnation: incarnation, outcome, now: now)
        case .watchLost(let id, let incarnation): watchLost(id, incarnation: incarnation, now: now)
        case .handoverHeld(let id): handoverHeld(by: id, now: now)
        case .handoverLeft(let id): handoverLeft(by: id, now: now)
        case .reignFound(let epoch, let address): reignFound(epoch, at: address, now: now)
        case .fenceChecked(let standing): fenceChecked(standing, now: now)
        }
    }
}
