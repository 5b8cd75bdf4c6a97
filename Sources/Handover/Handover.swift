package import Cluster

/// A message from the balancer on a handover connection, after the handover.
package enum HandoverNotice: Codable, Sendable {
    /// To a replacement: it may reign. The held lock comes with this message.
    case yielded
    /// To a replacement: a refusal, with the reason.
    case refused(String)
    /// To the workers: a replacement reigns, after an orderly change.
    case succeeded(Epoch)
    /// To the workers: a balancer with a higher epoch reigns elsewhere, and this one ends.
    case superseded(Epoch)
    /// To the workers that attend: a sign of life of the control loop.
    case alive
    /// To the processes that asked: the names of all further listeners, which come with this message.
    case further([String])
}

/// A message to the balancer on a handover connection.
package enum HandoverRequest: Codable, Sendable {
    /// From a new balancer process that is ready to reign: it requests the reign.
    case replace
    /// From the same process: it reigns.
    case reigns(Epoch)
    /// From a worker: it requests the signs of life.
    case attend
    /// From the worker with this name: it has received the handover and may stand in.
    case member(NodeID)
    /// From a worker: it ends, and starts no successor.
    case leaves
    /// It requests the further listeners, now and whenever they change. Only after a handover that announces them.
    case further
}

/// The data that a balancer gives to a worker that may stand in, in addition to the listeners.
package struct Handover: Codable, Sendable {
    package var epoch: Epoch
    /// The keys of the public side's session tickets, so that clients resume their sessions after a takeover.
    package var ticketKeys: [UInt8]
    /// The node whose certificate the balancer shows; nil in the plain build, and from an earlier version.
    package var id: NodeID?
    /// The balancer can give further listeners to those who ask. Absent from an earlier version.
    private var hasFurther: Bool?

    /// Whether to ask for further listeners.
    package var offersFurther: Bool { hasFurther == true }

    package init(epoch: Epoch, ticketKeys: [UInt8], id: NodeID? = nil, offersFurther: Bool = false) {
        self.epoch = epoch
        self.ticketKeys = ticketKeys
        self.id = id
        hasFurther = offersFurther ? true : nil
    }
}
