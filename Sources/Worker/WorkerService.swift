internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Sockets

/// A worker's door on one loop: lets in whom it may, answers the cluster's own questions, and leaves the rest to the
/// task or application service behind it.
final class WorkerService: Service {
    /// What the door needs to know; shared by all loops.
    struct House: Sendable {
        let id: NodeID
        /// The cluster that peers must belong to; nil in the plain build.
        let cluster: String?
        let gate: FenceGate
        /// Called on any loop with the first request of a new reign.
        let newReign: @Sendable (UInt64) -> Void
        /// Answers a prevote on the control loop, then calls back on it.
        let prevote: @Sendable (Prevote, @escaping @Sendable (PrevoteAnswer) -> Void) -> Void
    }

    let house: House
    let inner: any Service
    /// Whether the worker can serve, asked for each probe; the answer may come later on the same loop.
    let health: (@escaping (Bool) -> Void) -> Void

    init(house: House, inner: any Service, health: @escaping (@escaping (Bool) -> Void) -> Void) {
        self.house = house
        self.inner = inner
        self.health = health
    }

    func makeExchange(on downstream: any Downstream) -> any Exchange {
        WorkerExchange(downstream: downstream, service: self)
    }
}
