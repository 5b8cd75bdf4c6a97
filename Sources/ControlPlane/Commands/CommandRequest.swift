package import Cluster
package import Settings
internal import Storage

/// A decoded command, on its way to the control loop.
package enum CommandRequest: Sendable {
    case status
    case drain(NodeID)
    case undrain(NodeID)
    case settings
    case reload
    case stop(StopOrder)

    /// In bytes. Every command is much shorter.
    static let maximumBody = 4096

    /// Fails if the content does not belong to the command.
    init?(_ command: OperatorCommand, from body: [UInt8]) {
        switch command {
        case .drain, .undrain:
            guard let order = JSON.decode(WorkerOrder.self, from: body) else { return nil }
            self = command == .drain ? .drain(order.id) : .undrain(order.id)
        case .stop:
            guard let order = JSON.decode(StopOrder.self, from: body) else { return nil }
            self = .stop(order)
        case .status, .settings, .reload:
            guard body.isEmpty else { return nil }
            self = command == .status ? .status : command == .settings ? .settings : .reload
        }
    }
}

/// The control loop's answer to a command. The socket's loop encodes it.
package enum CommandAnswer: Sendable {
    case status(StatusReport)
    /// The worker list is stored before the answer is sent, so that a successor keeps the order.
    case drain(DrainReport, Snapshot)
    case settings(Settings)
    case reload(ReloadReport)
    /// - Parameter proceed: called after the answer has left, because the end closes the operator's connection.
    case stop(StopReport, proceed: @Sendable () -> Void)
    case refused(status: UInt16, String)
}
