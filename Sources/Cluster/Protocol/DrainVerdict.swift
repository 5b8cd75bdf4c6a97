/// The balancer's answer to an operator's order to drain or undrain a worker.
package enum DrainVerdict: Sendable, Equatable {
    case changed(WorkerRecord)
    /// The worker was in the wanted state before.
    case unchanged(WorkerRecord)
    /// There is no worker with this name.
    case unknown
    /// The worker is ending its membership itself.
    case leaving
    /// This balancer's reign is over.
    case over
}
