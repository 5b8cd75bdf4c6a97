/// A candidate's question before it takes over on suspicion: "do you miss the balancer too?"
package struct Prevote: Codable, Sendable, Equatable {
    package var candidate: NodeID
    /// The highest epoch that the candidate has met.
    package var epochSeen: Epoch
    /// True if the candidate is in another lock domain than the balancer. A worker that agrees then supports no other
    /// candidate for a while. An earlier version does not send it.
    package var acrossHosts: Bool?

    package init(candidate: NodeID, epochSeen: Epoch, acrossHosts: Bool? = nil) {
        self.candidate = candidate
        self.epochSeen = epochSeen
        self.acrossHosts = acrossHosts
    }

    package var isAcrossHosts: Bool { acrossHosts == true }
}
