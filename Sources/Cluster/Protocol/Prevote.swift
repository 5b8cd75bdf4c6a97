/// A candidate's question before it takes over on suspicion: "do you miss the balancer too?"
package struct Prevote: Codable, Sendable, Equatable {
    package var candidate: NodeID
    /// The highest epoch that the candidate has met.
    package var epochSeen: Epoch

    package init(candidate: NodeID, epochSeen: Epoch) {
        self.candidate = candidate
        self.epochSeen = epochSeen
    }
}
