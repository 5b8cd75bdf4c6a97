/// Where a worker stands in the registry. Only `ready` receives requests.
package enum WorkerState: String, Codable, Sendable, CaseIterable {
    /// A hint from a predecessor's snapshot, not yet seen alive by this balancer.
    case joining
    /// Proved by a connect-back or a good probe: receives requests.
    case ready
    /// Its watch connection ended: receives nothing until a probe says that it still serves.
    case suspect
    /// Asked to leave: finishes what it has, receives nothing new.
    case draining
    /// Failed probes or requests: receives nothing until it has been good again for long enough.
    case ejected
}
