import Cluster

/// Everything that can happen in the simulated world.
///
/// `life` numbers the starts of a worker's process: what was meant for an earlier one is lost. A `call` numbers the
/// questions of one kind that a worker asks: an answer to one that it has given up is lost too.
enum SimulatedEvent {
    case wakeWorker(Int, life: Int)
    case wakeBalancer(Int)
    case toWorker(Int, life: Int, WorkerInput)
    case toBalancer(Int, BalancerInput)
    /// To whichever balancer listens at the cluster port of a host when it arrives.
    case toClusterPort(host: Int, BalancerInput, from: Caller)
    /// A balancer's process asks who answers at a worker's address.
    case look(by: Int, Look)
    /// A request of a client arrives at a worker's address.
    case requestArrives(Attempt)
    case requestAnswered(Attempt, AttemptResult)
    case clientAsks(Int)

    // The life of a balancer's process.
    case operatorStarts(host: Int)
    case operatorHelps
    case tryLock(Int)
    case completeReign(Int)
    case connectHandover(Int, life: Int)
    case lockFreed(host: Int, process: Int)
    case leaseEnds(Int, pausedAt: Instant)
    case leaseRenewed(Int)
    case heirAccepts(heir: Int, predecessor: Int)

    // What the world does.
    case fault
    case resumeWorker(Int, life: Int)
    case restartWorker(Int, life: Int)
    case resumeBalancer(Int)
    case hostStarts(Int)
    case flap(Int, times: Int)
    case thiefLeaves(host: Int, port: UInt16)
    case mend(Ailment)
    case inspect
}

/// What passes by itself after a while.
enum Ailment {
    case partition(from: Int, to: Int)
    case fullDisk(Int)
}

/// The worker behind a question to the balancer.
struct Caller {
    let worker: Int
    let life: Int
    let call: Int

    /// Somebody whose answers go nowhere.
    static let nobody = Caller(worker: -1, life: -1, call: -1)
}

enum WorkerInput {
    case registrationAnswer(AdmissionVerdict, from: Int, call: Int)
    case registrationUnreachable(isSilent: Bool, call: Int)
    case watchAnswer(WatchVerdict, from: Int, call: Int)
    case watchFailed(WatchFailure, call: Int)
    case prevoteAsked(Prevote, by: Caller)
    case prevoteAnswered(by: NodeID, PrevoteAnswer?, call: Int)
    case takeoverFinished(TakeoverOutcome)
    /// The balancer at the handover channel has sent its listeners.
    case handover(from: Int)
    case handoverEnded(with: Int)
    case succeeded(by: Epoch)
    case scouted(host: Int, Epoch, asked: Instant)
    case requestWaits(Attempt)
    case departed(isDrain: Bool)
    case lagged(milliseconds: Int64)
}

enum BalancerInput {
    case register(Registration, peer: NodeIdentity, from: Caller)
    case connectBackFinished(AdmissionTicket, ConnectBackOutcome, from: Caller)
    case watch(Watch, peer: NodeIdentity, from: Caller)
    case watchLost(NodeID, incarnation: UInt64)
    case probeFinished(NodeID, incarnation: UInt64, ProbeOutcome)
    case scout(Scouting, peer: NodeIdentity, from: Caller, at: Instant)
    case depart(Departing, peer: NodeIdentity, from: Caller)
}

struct Departing {
    let id: NodeID
    let incarnation: UInt64
    let isDrain: Bool
}

/// Why a balancer looks who answers at an address.
enum Look {
    case probe(WorkerRecord)
    case connectBack(AdmissionTicket, for: Caller)

    var record: WorkerRecord {
        switch self {
        case .probe(let record): record
        case .connectBack(let ticket, _): ticket.record
        }
    }
}
