internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Sockets

/// A worker's service on one loop: it admits peers, answers the requests of the cluster protocol, and passes all others
/// to the task or application service.
final class WorkerService: Service {
    /// The data for admission, shared by all loops.
    struct Membership: Sendable {
        let id: NodeID
        /// The cluster of all peers; nil in the plain build.
        let cluster: String?
        let gate: FenceGate
        /// Called on any loop with the epoch of a probe, and the node in its sender's certificate.
        let probed: @Sendable (NodeID?, UInt64) -> Void
        /// Called on any loop with the first request of a new reign.
        let newReign: @Sendable (UInt64) -> Void
        /// Answers a prevote on the control loop, then calls back on it.
        let prevote: @Sendable (Prevote, @escaping @Sendable (PrevoteAnswer) -> Void) -> Void
        /// Answers a balancer's request for a pledge on the control loop, then calls back on it.
        let pledge: @Sendable (PledgeRequest, @escaping @Sendable (PledgeAnswer) -> Void) -> Void
    }

    let membership: Membership
    let inner: any Service
    /// The loop's time of the last report of a probe to the control loop.
    var toldOfProbe: UInt64?
    /// The condition of the application; nil for built-in tasks, which are healthy while the worker serves.
    private let condition: ApplicationCondition?

    init(membership: Membership, inner: any Service, condition: ApplicationCondition? = nil) {
        self.membership = membership
        self.inner = inner
        self.condition = condition
    }

    /// Calls `completion` with the verdict for a probe: at once, or on `loop` when there is a first one.
    func health(on loop: EventLoop, _ completion: @escaping (ApplicationVerdict) -> Void) {
        guard let condition else { return completion(.healthy) }
        if let verdict = condition.verdict { return completion(verdict) }
        let completion = LoopBound(completion)
        condition.whenKnown { verdict in loop.post { completion.value(verdict) } }
    }

    func makeExchange(on downstream: any Downstream) -> any Exchange {
        WorkerExchange(downstream: downstream, service: self)
    }
}
