import Cluster

/// A balancer process, as far as its lease concerns it.
struct LeaseProcess {
    enum State: Equatable {
        case running
        /// Stopped by SIGSTOP, or without a turn on a busy machine. Events wait.
        case paused
        case ended
    }

    let host: Int
    let isByHand: Bool
    var core: LeaseCore
    var fence: HostFence<SimulatedStore>
    var lock: SimulatedStore
    var state = State.running
    /// The events that came during a pause.
    var waiting: [LeaseEvent] = []
    /// Clients are accepted under this epoch.
    var accepts: Epoch?
    /// The lease is lost, and the loops are about to stop.
    var hasLost = false
    /// The process ends as soon as its lease is settled.
    var isLeaving = false
    /// Only the last timer counts.
    var timer = 0

    init(host: Int, isByHand: Bool, core: LeaseCore, lock: SimulatedStore, seed: UInt64) {
        self.host = host
        self.isByHand = isByHand
        self.core = core
        self.lock = lock
        fence = HostFence(store: lock, seed: seed)
    }
}
