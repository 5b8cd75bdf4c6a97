/// The balancer's answer to a watch.
package enum WatchVerdict: Sendable, Equatable {
    /// 200: the worker holds the current snapshot.
    case unchanged(Epoch, version: UInt64)
    /// 200, with the current snapshot.
    case newer(Snapshot)
    /// 404: this worker, or this incarnation of it, is not in the registry.
    case registerAgain
    case refused(Refusal)
    /// 503: a later balancer reigns; this one is fenced.
    case superseded(by: Epoch)
}
