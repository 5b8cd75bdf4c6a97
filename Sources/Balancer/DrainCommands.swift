internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Settings
internal import Storage
internal import Telemetry

/// `balancer drain WORKER-ID`.
struct DrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .drain)

    @OptionGroup var options: CommandOptions
    @OptionGroup var worker: WorkerArgument

    func run() throws {
        try options.run(.drain, worker.order()) { (report: DrainReport) in
            let requests = report.inFlight == 1 ? "1 request" : "\(report.inFlight) requests"
            return "\(report.id) \(report.isChanged ? "is drained" : "was drained before"), \(requests) in progress"
                + report.warning
        }
    }
}

/// `balancer undrain WORKER-ID`.
struct UndrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .undrain)

    @OptionGroup var options: CommandOptions
    @OptionGroup var worker: WorkerArgument

    func run() throws {
        try options.run(.undrain, worker.order()) { (report: DrainReport) in
            "\(report.id) \(report.isChanged ? "is no longer drained" : "was not drained"), its state is \(report.state)"
                + report.warning
        }
    }
}

/// The worker of an order.
struct WorkerArgument: ParsableArguments {
    @Argument(help: ArgumentHelp("The id of a worker, as 'balancer status' shows it.", valueName: "worker-id"))
    var id: String

    func order() throws(CommandError) -> [UInt8] {
        guard let id = NodeID(id) else {
            throw .usage("\(id) is no id of a worker: use 1 to 63 characters of a-z 0-9 . -")
        }
        return JSON.encode(WorkerOrder(id: id))
    }
}

extension DrainReport {
    fileprivate var warning: String { isStored ? "" : OrderText.notStored }
}

/// The messages of commands about an order.
enum OrderText {
    static let notStored =
        "\nthe state directory took no copy: a successor that starts within a second may not know it"
}
