/// A task for the worker's shell.
package enum MemberEffect: Sendable, Equatable {
    /// Send the registration; answer with `registered`, `registrationFailed` or `registrationUnreachable`.
    case register(Registration)
    /// Send the check over the kept connection, with the number of requests in progress; answer with `watchAnswered`,
    /// `watchUnknown` or `watchFailed`. At most one is in progress.
    case watch(Watch)
    /// Look whether a process holds the lock of the state directory; answer with `lockInspected`. A lock that is not there
    /// or can't be read is not free.
    case inspectLock
    /// Ask each of these workers; answer each with `prevoteAnswered`, with nil for unreachable ones.
    case prevote(to: [WorkerRecord], Prevote)
    /// Take the lock of the state directory and start a balancer under an epoch above `after`; answer with
    /// `takeoverFinished`. Across hosts it is the lock of this worker's own lock domain, which leaps over an epoch that
    /// it did not grant. The balancer begins with the worker lists in the directory.
    ///
    /// With `killHolder`, first kill the holder of the lock. It must be the balancer of epoch `after` or below that this
    /// worker pinned (pidfd) while it was alive. Kill no other process.
    case takeOver(after: Epoch, killHolder: Bool)
    /// Ask at each of these addresses which balancer reigns there; report answers with `balancerFound`.
    case discover([BalancerAddress], DiscoveryRequest)
    /// Send all further requests to the balancer at this address, and expect no answers to earlier ones. The farewell
    /// is for the previous balancer.
    case move(to: BalancerAddress, farewell: Watch?)
    /// Show the present balancer this node's balancer certificate, for this start of the worker. It proves that the
    /// worker may start a successor on another host. There is no answer.
    case proveStandIn(incarnation: UInt64)
    /// Close the listeners of the handover: the reign is in another lock domain.
    case releaseListeners
    /// Keep a warm standby process parked, or end it.
    case keepStandby(Bool)
    /// Write the snapshot to the state directory (write, fsync, rename).
    case persist(Snapshot)
    /// Request a drain from the balancer, finish the requests in progress, leave, and end.
    case drain
    case event(MemberEvent)
}
