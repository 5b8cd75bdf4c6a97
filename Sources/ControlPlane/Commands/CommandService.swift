internal import Cluster
internal import HTTP
internal import Logging
internal import Settings
internal import Sockets
internal import Storage

/// Reads the commands of operators at `admin.sock`, on a loop of its own. It passes them to the control loop, stores what
/// a successor has to know, and encodes the answers.
///
/// A connection has one request in progress, and there are few connections. So the control loop gets few commands at a time,
/// and it never waits for the disk.
final class CommandService {
    private let loop: EventLoop
    private let directory: StateDirectory
    private let log: Logger
    /// Passes a command to the control loop, which answers once, on any loop.
    private let forward: (CommandRequest, _ reply: @escaping @Sendable (CommandAnswer) -> Void) -> Void

    init(
        on loop: EventLoop, directory: StateDirectory, log: Logger,
        forward: @escaping (CommandRequest, _ reply: @escaping @Sendable (CommandAnswer) -> Void) -> Void
    ) {
        self.loop = loop
        self.directory = directory
        self.log = log
        self.forward = forward
    }

    func handle(_ call: Call) {
        guard let command = OperatorCommand.allCases.first(where: { $0.path == call.path }) else {
            let paths = OperatorCommand.allCases.map(\.path).joined(separator: ", ")
            call.reply(status: 404, error: "this socket answers \(paths)")
            return
        }
        guard call.method == (command.isOrder ? .post : .get) else {
            call.reply(
                status: 405, error: "\(command.path) is a \(command.isOrder ? "POST" : "GET")",
                allow: command.isOrder ? "POST" : "GET")
            return
        }
        guard let request = CommandRequest(command, from: call.body) else {
            call.reply(status: 400, error: "the content of \(command.path) is not understood")
            return
        }
        let (service, bound) = (LoopBound(self), LoopBound(call))
        forward(request) { [loop] answer in loop.post { service.value.reply(answer, to: bound.value) } }
    }

    private func reply(_ answer: CommandAnswer, to call: Call) {
        switch answer {
        case .drain(var report, let snapshot):
            report.isStored = store(snapshot)
            call.reply(json: report)
        case .pause(var report, let snapshot):
            report.isStored = store(snapshot)
            call.reply(json: report)
        case .status(let report): call.reply(json: report)
        case .settings(let settings): call.reply(json: SettingsReport(of: settings))
        case .reload(let report): call.reply(json: report)
        case .stop(let report, let proceed):
            call.reply(json: report)
            // In the next turn, after the answer has been sent.
            loop.post(proceed)
        case .refused(let status, let reason): call.reply(status: status, error: reason)
        }
    }

    /// A successor reads the file if no worker has this list yet.
    private func store(_ snapshot: Snapshot) -> Bool {
        do throws(SystemError) {
            try SnapshotStore.save(ofBalancer: snapshot, in: directory)
            return true
        } catch {
            log.warning("a worker list could not be stored: \(error)")
            return false
        }
    }
}
