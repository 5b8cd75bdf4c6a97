/// What a certificate allows its holder to be. It stands in the URI SAN, as the first segment of the path.
package enum Role: String, Hashable, Sendable, Codable, CaseIterable {
    /// Registers, watches and serves requests.
    case worker
    /// Accepts clients and speaks to the workers.
    case balancer
    /// A person or a tool that looks and gives orders, but serves nothing.
    case `operator`
}
