import Cluster

/// Everything that can happen in the simulated world.
///
/// `life` is the number of a worker's start. Messages to an earlier start are lost. `call` is the number of a worker's
/// request, among its requests of one kind. The worker ignores answers to earlier requests.
enum SimulatedEvent {
    case wakeWorker(Int, life: Int)
    case wakeBalancer(Int)
    case toWorker(Int, life: Int, WorkerInput)
    case toBalancer(Int, BalancerInput)
    /// A message arrives at the cluster port of a host. The balancer that serves the port at that time gets it.
    case toClusterPort(host: Int, BalancerInput, from: Caller)
    /// A balancer's probe or connect-back arrives at a worker's address.
    case look(by: Int, Look)
    /// A request of a client arrives at a worker's address.
    case requestArrives(Attempt)
    case requestAnswered(Attempt, AttemptResult)
    case clientAsks(Int)

    // The life of a balancer's process.
    case operatorStarts(host: Int)
    case operatorHelps
    case wakeReign(Int)
    case connectHandover(Int, life: Int)
    /// A balancer's control loop sends a sign of life on its handover channels.
    case showLife(Int)
    case lockFreed(host: Int, process: Int)
    case leaseEnds(Int, pausedAt: Instant)
    case leaseRenewed(Int)

    // Faults and their ends.
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

/// A fault that ends after some time.
enum Ailment {
    case partition(from: Int, to: Int)
    case fullDisk(Int)
}

/// The worker that sent a request to the balancer.
struct Caller {
    let worker: Int
    let life: Int
    let call: Int

    /// A sender outside the cluster. Answers to it are lost.
    static let nobody = Caller(worker: -1, life: -1, call: -1)
}

/// A message that arrives at a worker's process.
enum WorkerInput {
    case registrationAnswer(AdmissionVerdict, from: Int, call: Int)
    case registrationUnreachable(isSilent: Bool, call: Int)
    case watchAnswer(WatchVerdict, from: Int, call: Int)
    case watchFailed(WatchFailure, call: Int)
    case prevoteAsked(Prevote, by: Caller)
    case prevoteAnswered(by: NodeID, PrevoteAnswer?, call: Int)
    case lockInspected(isFree: Bool)
    case takeoverFinished(TakeoverOutcome)
    /// The balancer at the handover channel has sent its listeners.
    case handover(from: Int)
    case handoverEnded(with: Int)
    case succeeded(by: Epoch)
    /// The balancer at the handover channel sends a sign of life.
    case alive(from: Int)
    case discovered(host: Int, Epoch, asked: Instant)
    case requestWaits(Attempt)
    case departed(isDrain: Bool)
    case lagged(milliseconds: Int64)
}

/// A message that arrives at a balancer's process.
enum BalancerInput {
    case register(Registration, peer: NodeIdentity, from: Caller)
    case connectBackFinished(AdmissionTicket, ConnectBackOutcome, from: Caller)
    case watch(Watch, peer: NodeIdentity, from: Caller)
    case watchLost(NodeID, incarnation: UInt64)
    case probeFinished(NodeID, incarnation: UInt64, ProbeOutcome)
    case discover(DiscoveryRequest, peer: NodeIdentity, from: Caller, at: Instant)
    case depart(Departing, peer: NodeIdentity, from: Caller)
    case standInShown(NodeID, incarnation: UInt64, peer: NodeIdentity)
    case handoverHeld(by: NodeID)
    case handoverLeft(by: NodeID)
    /// Another balancer asks for the epoch of the reign at this address.
    case sought(by: Int, at: BalancerAddress)
    case reignFound(Epoch, at: BalancerAddress)
    case reign(ReignEvent)
    /// A worker orders its standby to take over.
    case takeoverOrdered(after: Epoch)
    /// A replacement asks for the lock.
    case lockRequested(by: Int)
    case acceptingStopped
}

/// A worker's request to drain or to leave.
struct Departing {
    let id: NodeID
    let incarnation: UInt64
    let startMark: UInt32?
    let isDrain: Bool
}

/// A balancer's connection to a worker's address, for a probe or a connect-back.
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
