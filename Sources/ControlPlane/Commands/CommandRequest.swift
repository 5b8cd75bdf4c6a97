package import Cluster
package import Settings
internal import Storage

/// A decoded command, on its way to the control loop.
package enum CommandRequest: Sendable {
    case status
    case drain(NodeID)
    case undrain(NodeID)
    /// For a number of milliseconds; nil until `resume`.
    case pause(Int64?)
    case resume
    case settings
    case reload
    case stop(StopOrder)

    /// The commands without content.
    private static let plain: [OperatorCommand: CommandRequest] = [
        .status: .status, .resume: .resume, .settings: .settings, .reload: .reload,
    ]

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
        case .pause:
            guard let order = JSON.decode(PauseOrder.self, from: body),
                order.milliseconds.map({ (1...Pause.longestMilliseconds).contains($0) }) ?? true
            else { return nil }
            self = .pause(order.milliseconds)
        case .status, .resume, .settings, .reload:
            guard body.isEmpty else { return nil }
            self = CommandRequest.plain[command] ?? .status
        }
    }
}

/// The control loop's answer to a command. The socket's loop encodes it.
package enum CommandAnswer: Sendable {
    case status(StatusReport)
    /// The worker list is stored before the answer is sent, so that a successor keeps the order.
    case drain(DrainReport, Snapshot)
    case pause(PauseReport, Snapshot)
    case settings(Settings)
    case reload(ReloadReport)
    /// - Parameter proceed: called after the answer has left, because the end closes the operator's connection.
    case stop(StopReport, proceed: @Sendable () -> Void)
    case refused(status: UInt16, String)
}
