/// The answer to a prevote.
package struct PrevoteAnswer: Codable, Sendable, Equatable {
    /// Whether the asked worker misses the balancer too, or knows nothing of it.
    package var agrees: Bool
    /// How long ago its last good check was; nil when it never had one.
    package var lastGoodCheckMilliseconds: Int64?
    /// The highest epoch that it has met. When this is above the candidate's, the candidate is behind.
    package var epochSeen: Epoch

    package init(agrees: Bool, lastGoodCheckMilliseconds: Int64?, epochSeen: Epoch) {
        self.agrees = agrees
        self.lastGoodCheckMilliseconds = lastGoodCheckMilliseconds
        self.epochSeen = epochSeen
    }
}
