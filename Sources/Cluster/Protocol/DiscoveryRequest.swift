/// A worker's request to a balancer address: "which balancer reigns there?" It does not register the worker.
package struct DiscoveryRequest: Codable, Sendable, Equatable {
    /// The highest epoch that the worker has met. For a balancer below it that is a claim, and it asks whether it still
    /// reigns.
    package var epochSeen: Epoch
    /// The address of the balancer with that epoch, if the worker knows it. An earlier version does not send it.
    package var reignsAt: BalancerAddress?

    package init(epochSeen: Epoch, reignsAt: BalancerAddress? = nil) {
        self.epochSeen = epochSeen
        self.reignsAt = reignsAt
    }
}

/// The balancer's answer.
package enum DiscoveryVerdict: Sendable, Equatable {
    /// 200
    case reigns(Epoch)
    case refused(Refusal)
}
