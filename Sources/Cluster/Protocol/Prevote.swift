/// A candidate's question before it takes over on suspicion: "do you miss the balancer too?"
package struct Prevote: Codable, Sendable, Equatable {
    package var candidate: NodeID
    /// The highest epoch that the candidate has met.
    package var epochSeen: Epoch
    /// True when the candidate lives in another home than the balancer: whoever agrees then supports nobody else for a
    /// while. An earlier version does not ask so.
    package var acrossHosts: Bool?

    package init(candidate: NodeID, epochSeen: Epoch, acrossHosts: Bool? = nil) {
        self.candidate = candidate
        self.epochSeen = epochSeen
        self.acrossHosts = acrossHosts
    }

    package var isAcrossHosts: Bool { acrossHosts == true }
}
