internal import Cluster
internal import ControlPlane
internal import Handover
internal import Sockets
internal import Storage

/// The other processes that a balancer process deals with. These are the worker that started it, the process that it
/// replaces, the process that replaces it, and balancers of other hosts.
struct ReignLinks {
    /// The worker that started this process as its standby.
    var starter: StandbyChannel?
    /// The channel of this replacement to the balancer that it replaces.
    var replacement: Replacement?
    /// The process that asked for the reign last.
    var asker: SuccessorChannel?
    /// The process that gets the reign.
    private(set) var successor: SuccessorChannel?
    var successorWatch: SuccessorWatch?
    var discovery: StartupDiscovery?

    /// The handover that this process has received; nil if it starts with sockets and keys of its own.
    var handover: Handover? { starter?.handover ?? replacement?.handover }

    var listeners: Listeners? { starter?.listeners ?? replacement?.listeners }

    var further: [FurtherListener] { starter?.further ?? replacement?.further ?? [] }

    /// This process closes the sockets that were handed to it, together with its own.
    func closeHandover() {
        starter?.closeListeners()
        replacement?.closeListeners()
    }

    /// A process has asked for the reign and may get it.
    var hasSuccessor: Bool { successor != nil }

    mutating func acceptAsker() {
        successor = asker.take()
    }

    mutating func refuseAsker(_ reason: String) {
        guard let asker = asker.take() else { return }
        ReignLinks.refuse(asker.channel, reason)
    }

    /// From now on the end of the successor's connection has no consequence.
    mutating func closeSuccessor() {
        successor = nil
    }

    static func refuse(_ channel: MessageChannel, _ reason: String) {
        try? channel.send(JSON.encode(HandoverNotice.refused(reason)))
    }
}
