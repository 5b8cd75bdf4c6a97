/// The role that a certificate permits its holder: the first path segment of the URI SAN.
package enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    /// Registers with the balancer, watches it and serves requests.
    case worker
    /// Accepts clients and forwards their requests to the workers.
    case balancer
    /// Reads the state of the cluster and gives orders, but serves nothing. A person or a tool has this role.
    case `operator`
}
