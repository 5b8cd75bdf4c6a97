/// The state of a worker in the registry. Only a `ready` worker receives requests.
package enum WorkerState: String, Codable, Sendable, CaseIterable {
    /// A hint from a predecessor's snapshot. This balancer has not reached the worker yet.
    case joining
    /// A connect-back or a passed probe has confirmed the worker. The worker receives requests.
    case ready
    /// The worker's watch connection has ended. The worker receives no requests until a probe passes.
    case suspect
    /// The worker is leaving: it finishes its requests and receives no new ones.
    case draining
    /// The worker failed probes or requests. The worker receives no requests until enough probes have passed.
    case ejected
}
