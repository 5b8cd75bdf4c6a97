/// An action that the process has to perform.
package enum ReignEffect: Sendable, Equatable {
    // MARK: Before the reign

    /// Ask these addresses for a reigning balancer. Answer with `discoveryEnded`.
    case discover([BalancerAddress])
    /// Build the data plane and start its loops. Answer with `prepared` or `failed`.
    case prepare
    /// Keep connections to the workers ready. Answer with `warmedUp` when every worker has been asked.
    case warmUp
    /// Ask the reigning balancer for its lock. Answer with `lockReceived` or `replacementRefused`.
    case requestLock
    /// Bind the ports. Answer with `bound` or `bindFailed`.
    case bind
    /// Ask the coordinator for an epoch above `after`. The coordinator's answer is the event `coordinator`.
    case acquire(after: Epoch)

    // MARK: The reign

    /// Accept clients under this epoch, and probe the workers of the latest snapshot. Answer with `firstWorkerReady`
    /// when one of them can serve.
    case accept(Epoch)
    /// Open the cluster port, the admin port and the handover socket. Answer with `served` or `failed`.
    case serve(Epoch)
    /// Tell the worker that started this standby.
    case report(StandbyReport)
    /// Tell the replaced balancer that this process reigns.
    case announceReign(Epoch)

    // MARK: The end

    /// Refuse the process that has just asked for the reign.
    case refuseSuccessor
    /// Stop accepting on every loop. Answer with `acceptingStopped`.
    case stopAccepting(ReignStop)
    /// Tell the workers of this host that a later balancer reigns elsewhere.
    case announceSuperseded(Epoch)
    /// Send the lock, held, to the successor. Answer with `successorLost` if it can't be sent.
    case yieldLock
    /// Kill the successor.
    case killSuccessor
    /// Tell the workers of this host that the successor reigns.
    case announceSuccessor(Epoch)
    /// Give the grant back to the coordinator.
    case release
    /// Close every port and channel except the clients' connections. To the workers this process is gone.
    case closeControl
    /// Find the epoch of the process that reigns next. Answer with `successorFound`.
    case watchSuccessor
    /// Send the rest of the requests under this epoch.
    case adoptEpoch(Epoch)
    /// Finish the requests in progress. Answer with `drained`.
    case drain
    /// End the process. Nothing follows.
    case exit(ReignExit)
}

/// Why a balancer stops accepting.
package enum ReignStop: Sendable, Equatable {
    /// SIGTERM or SIGINT.
    case requested
    /// A successor takes over.
    case replaced
    /// A balancer of this higher epoch reigns elsewhere.
    case superseded(by: Epoch)
    /// The coordinator's grant is lost; the text says how that is known.
    case fenceLost(String)
    /// The ports for workers and operators can't be opened.
    case failed(ReignFailure)

    /// The requests in progress can be finished under the successor's epoch.
    package var isOrderly: Bool {
        switch self {
        case .requested, .replaced, .failed: true
        case .superseded, .fenceLost: false
        }
    }

    var failure: ReignFailure? {
        if case .failed(let failure) = self { failure } else { nil }
    }
}

/// Why a balancer process ends.
package enum ReignExit: Sendable, Equatable {
    /// A reign ended as asked, or the process was not needed any more.
    case done
    /// A reign ended because it was not the latest one.
    case fenced
    /// The requests in progress did not end in time.
    case drainTimedOut(isOrderly: Bool)
    /// Another host has a balancer.
    case reignsElsewhere(RivalReign)
    /// Another process of this host reigns; the text names it.
    case held(by: String)
    /// The reigning balancer did not answer its replacement in time.
    case noAnswer
    case failed(ReignFailure)

    package var status: Int32 {
        switch self {
        case .done, .drainTimedOut(isOrderly: true): 0
        case .fenced, .drainTimedOut(isOrderly: false), .reignsElsewhere, .held, .noAnswer: 1
        case .failed(let failure): failure.status
        }
    }
}
