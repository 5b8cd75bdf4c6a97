/// Grants the epochs, so that at most one balancer reigns.
///
/// On one host the coordinator uses a lock file in the state directory. For several hosts it can use a lease in a
/// consensus store. Answers come as events, at once or later, so that a coordinator may ask a network.
///
/// The law of every coordinator: it grants no epoch twice. A grant is exclusive until its holder has ended, has
/// released the grant or has lost it. A lock of the kernel is lost only with its file. A holder that stood still for
/// too long also loses a lease. The holder can't rely on another process to say so, and therefore calls `check`.
package protocol Coordinator: AnyObject {
    /// Receives every answer, on the control loop. It may be called before `acquire` or `check` returns.
    var onAnswer: (CoordinatorAnswer) -> Void { get set }

    /// Tries once to become the only balancer, under an epoch above `after`. Answers `granted`, `held` or `failed`.
    func acquire(after: Epoch)

    /// Gives a coordinator of several hosts a view of the other hosts, as the reign begins. The coordinator closes it.
    func follow(_ neighbours: any Neighbours)

    /// Gives the grant back, and withdraws an attempt that has no answer yet. The epoch stays used.
    ///
    /// - Parameter expectsSuccessor: another process of this host may reign next.
    func release(expectsSuccessor: Bool)

    /// No other process of this host can reign next: a release waits for none any more.
    func noteWorkersLeft()

    /// Calls `completion` when nothing of a release is under way any more. The process then ends. That is at once, or
    /// within some seconds; a command of the operator has up to 30 s.
    func finish(then completion: @escaping () -> Void)

    /// Makes sure that the grant stands. Answers `lost` if it does not, and nothing otherwise.
    ///
    /// The holder calls it once a second, and before everything else after a pause of its own process. A lease whose
    /// time is over on the holder's clock is lost, even if its store can't be reached.
    func check()
}

extension Coordinator {
    package func follow(_ neighbours: any Neighbours) { neighbours.close() }
    package func noteWorkersLeft() {}
}

/// The other hosts, as a reigning balancer knows them.
package protocol Neighbours: AnyObject {
    /// The lock domains of other hosts whose workers may stand in.
    var standInDomains: [LockDomain] { get }

    /// Asks a worker of the lock domain for its pledge.
    ///
    /// - Parameter completion: called at most once, if the pledge is given.
    func askPledge(
        of lockDomain: LockDomain, _ request: PledgeRequest, timeoutMilliseconds: Int,
        completion: @escaping () -> Void)

    /// No completion is called any more.
    func close()
}
