import Cluster

/// Everything that can happen in the simulated world.
///
/// `life` numbers the starts of a member's process: what was meant for an earlier one is lost. A `call` numbers the
/// requests of one kind that a member makes: an answer to one that it has given up is lost too.
enum SimulatedEvent {
    case wakeMember(Int, life: Int)
    case wakeBalancer(Int)
    case toMember(Int, life: Int, MemberInput)
    case toBalancer(Int, BalancerInput)
    /// To whichever balancer listens when it arrives.
    case toClusterPort(BalancerInput, from: Caller)
    /// A member's shell tries to take the lock.
    case takeLock(Int, life: Int, after: Epoch, snapshot: Snapshot)
    case beginAccepting(Int)
    case releaseLock(Int)
    case sendRequest(Int)
    case fault
    case resumeMember(Int, life: Int)
    case restartMember(Int)
    case resumeBalancer(Int)
    case inspect
}

/// The member behind a request to the balancer.
struct Caller {
    let member: Int
    let life: Int
    let call: Int
}

enum MemberInput {
    case registrationAnswer(AdmissionVerdict, balancer: Int, call: Int)
    case registrationUnreachable(call: Int)
    case watchAnswer(WatchVerdict, call: Int)
    case watchFailed(WatchFailure, call: Int)
    case balancerDied(Epoch)
    case prevoteAsked(Prevote, by: Caller)
    case prevoteAnswered(by: NodeID, PrevoteAnswer?)
    case takeoverFinished(TakeoverOutcome)
    case request(Epoch, balancer: Int)
}

enum BalancerInput {
    case register(Registration, peer: NodeIdentity, from: Caller)
    case connectBackFinished(AdmissionTicket, ConnectBackOutcome, from: Caller)
    case watch(Watch, peer: NodeIdentity, from: Caller)
    case watchLost(NodeID, incarnation: UInt64)
    case probeFinished(NodeID, incarnation: UInt64, ProbeOutcome)
    case requestFinished(NodeID, incarnation: UInt64, succeeded: Bool)
    case epochRefused(by: NodeID, seen: Epoch)
}
