/// The answer to a prevote.
package struct PrevoteAnswer: Codable, Sendable, Equatable {
    /// The asked worker misses the balancer too, or knows nothing of it.
    package var agrees: Bool
    /// The time since its last good check; nil if there was none.
    package var lastGoodCheckMilliseconds: Int64?
    /// The highest epoch that it has met. If it is above the candidate's, the candidate is behind.
    package var epochSeen: Epoch

    package init(agrees: Bool, lastGoodCheckMilliseconds: Int64?, epochSeen: Epoch) {
        self.agrees = agrees
        self.lastGoodCheckMilliseconds = lastGoodCheckMilliseconds
        self.epochSeen = epochSeen
    }
}
