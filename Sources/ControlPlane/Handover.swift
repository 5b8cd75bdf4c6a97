package import Cluster

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
