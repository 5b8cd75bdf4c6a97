import Cluster

/// A balancer process, from its start to its end.
struct SimulatedBalancer {
    let process: Int
    let host: Int
    /// The worker that started the process; nil after the process has reported the result to this worker.
    var owner: Caller?
    /// The worker that started the process. The process reports a later reign to this worker while both live.
    let starter: Caller?
    var coordinator: AnyCoordinator
    var status = ProcessStatus.running

    // The state machine of the reign, and its pending events.
    var reign = Reign(timing: World.reignTiming)
    var events: [ReignEvent] = []
    var isFeeding = false
    var reignWakeAt: Instant?

    // The listeners, and the other processes of a replacement.
    var hasListeners = false
    /// The process that this one replaces.
    var predecessor: Int?
    /// The process that replaces this one.
    var successor: Int?
    /// The last process that asked for the lock.
    var asker: Int?

    // The reign.
    /// The process asks the coordinator for an epoch above this one.
    var after = Epoch.none
    var epoch = Epoch.none
    /// The epoch on the requests. After an orderly end it is the successor's epoch.
    var requestEpoch = Epoch.none
    var core: BalancerCore?
    var loadBalancer = SimulatedLoadBalancer(seed: 0)
    /// The process accepts clients.
    var isAccepting = false
    /// At least one data loop may still accept.
    var isListening = false
    /// The process serves the cluster port and the handover socket.
    var isComplete = false
    /// The reign ended by a stop or a replacement, not by a fault.
    var isOrderly = false
    /// The process exits after its last request.
    var isDraining = false

    /// Until this time the cluster port accepts connections and answers no request. Strangers fill the port, or a part
    /// of the process hangs.
    var deafUntil: Instant?

    var wakeAt: Instant?
    var inbox: [BalancerInput] = []
    /// Requests in progress.
    var attempts: [Attempt] = []

    // State that only the invariants use.
    var lastPaused: Instant
    var lastSnapshot = Snapshot.empty
    /// The incarnations of the workers that this process has verified by a probe or a connect-back.
    var proven: [NodeID: UInt64] = [:]
    /// The times of the ejections for failed probes or requests.
    var softEjections: [Instant] = []
    /// The highest epoch under which another balancer has answered the process.
    var highestShown = Epoch.none

    var isAlive: Bool { status != .dead }

    var stage: ReignStage { reign.stage }
}
