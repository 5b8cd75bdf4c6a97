/// An event in the life of a balancer process, before, during or after its reign.
package enum ReignEvent: Sendable, Equatable {
    // MARK: The start

    /// An operator or a service manager has started the process.
    ///
    /// - Parameters:
    ///   - addresses: where workers of other hosts may have brought a balancer back meanwhile.
    ///   - known: the highest epoch that this host knows.
    case startedByOperator(addresses: [BalancerAddress], known: Epoch)
    /// A worker has started the process as its standby.
    case startedAsStandby
    /// `balancer --replace` has connected to the balancer that reigns.
    case startedAsReplacement

    // MARK: Before the reign

    /// The other hosts have been asked. `found` is the balancer that reigns there.
    case discoveryEnded(found: RivalReign?)
    /// The handover of the reigning balancer has come. Without `listeners` it was incomplete.
    case handoverReceived(hasListeners: Bool)
    /// The data plane is built.
    case prepared
    /// Every worker has been asked for its health once.
    case warmedUp
    /// The worker orders its standby to reign under an epoch above `after`.
    case takeoverOrdered(after: Epoch)
    /// The reigning balancer has handed over its lock to this replacement. `known` is the highest epoch that this host
    /// knows.
    case lockReceived(known: Epoch)
    /// The ports are bound.
    case bound
    case bindFailed(ReignFailure)
    /// The coordinator answers, or reports the loss of a grant.
    case coordinator(CoordinatorAnswer)
    /// The worker that started this standby has ended.
    case workerLost
    /// The reigning balancer refuses its replacement, has ended, or can't be understood.
    case replacementRefused(ReignFailure)
    /// An effect failed.
    case failed(ReignFailure)

    // MARK: The reign

    /// A worker has passed its probe: a first client can be served.
    case firstWorkerReady
    /// The cluster port, the admin port and the handover socket are open.
    case served
    /// SIGTERM or SIGINT.
    case stopRequested
    /// A balancer of this higher epoch reigns elsewhere.
    case superseded(by: Epoch)
    /// A new process asks this one for the reign.
    case successorAsked
    /// That process has ended, or can't be reached.
    case successorLost
    /// That process reigns under this epoch.
    case successorReigns(Epoch)

    // MARK: The end

    /// No loop accepts connections any more.
    case acceptingStopped
    /// Another process of this host reigns under this later epoch.
    case successorFound(Epoch)
    /// The requests in progress have ended.
    case drained

    /// The deadline of `Reign.nextDeadline` has come.
    case tick
}

/// A balancer that reigns on another host.
package struct RivalReign: Sendable, Equatable {
    package let address: BalancerAddress
    package let epoch: Epoch

    package init(address: BalancerAddress, epoch: Epoch) {
        self.address = address
        self.epoch = epoch
    }
}

/// Why a step towards the reign failed.
package struct ReignFailure: Sendable, Equatable {
    /// The problem and the remedy, in one line.
    package let text: String
    /// The exit status: 2 for wrong usage or configuration, 1 for every other failure.
    package let status: Int32

    package init(_ text: String, status: Int32 = 1) {
        self.text = text
        self.status = status
    }
}
