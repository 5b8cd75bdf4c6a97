package import Cluster

/// What the balancer says over a handover connection after the handover.
package enum HandoverNotice: Codable, Sendable {
    /// To a replacement: the reign is yours. Beside it comes the lock, held.
    case yielded
    /// To a replacement: not now, and why.
    case refused(String)
    /// To the workers: the reign has gone over to a replacement, in order.
    case succeeded(Epoch)
    /// To the workers: a balancer of a higher epoch reigns elsewhere, and this one ends.
    case superseded(Epoch)
}

/// What is said to the balancer over a handover connection. Workers say nothing.
package enum HandoverRequest: Codable, Sendable {
    /// A new balancer process, ready to reign, asks for the reign.
    case replace
    /// The same process reigns.
    case reigns(Epoch)
}

/// What a balancer hands to a worker that may stand in, beside its listeners.
package struct Handover: Codable, Sendable {
    package var epoch: Epoch
    /// The keys of the public side's session tickets, so that clients resume their sessions after a takeover.
    package var ticketKeys: [UInt8]

    package init(epoch: Epoch, ticketKeys: [UInt8]) {
        self.epoch = epoch
        self.ticketKeys = ticketKeys
    }
}
