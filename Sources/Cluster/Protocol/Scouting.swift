/// A worker's question to a seat: "who reigns there?" It makes nobody a member.
package struct Scouting: Codable, Sendable, Equatable {
    /// The highest epoch that the worker has met. A balancer below it is a past one and steps down.
    package var epochSeen: Epoch

    package init(epochSeen: Epoch) {
        self.epochSeen = epochSeen
    }
}

/// The balancer's answer.
package enum ScoutVerdict: Sendable, Equatable {
    /// 200
    case reigns(Epoch)
    case refused(Refusal)
}
