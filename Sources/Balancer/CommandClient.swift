internal import ArgumentParser
internal import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import HTTP
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// The options of every command that a running balancer answers.
struct CommandOptions: ParsableArguments {
    @Option(help: "The state directory of the balancer.")
    var stateDir: String?

    @Flag(help: "Print the answer as JSON.")
    var json = false

    /// The client of the given state directory, or of the default one.
    func client() throws(CommandError) -> CommandClient {
        let directory = if let stateDir { stateDir } else { try StateDirectory.defaultPath() }
        return try CommandClient(directory: directory)
    }

    /// Sends a command and prints the answer.
    ///
    /// - Parameter text: the lines for people, with or without an end of line.
    func run<Answer: Decodable>(
        _ command: OperatorCommand, _ content: [UInt8] = [], text: (Answer) -> String
    ) throws(CommandError) {
        let bytes = try client().ask(command, content)
        if json { return print(String(decoding: bytes, as: UTF8.self), terminator: "") }
        guard let answer = JSON.decode(Answer.self, from: bytes) else {
            throw .failure("the balancer's answer is not understood: it has another version")
        }
        let text = text(answer)
        print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
    }
}

/// Sends commands to the balancer of a state directory.
struct CommandClient {
    /// The balancer answers a command at once, or after it has read its files again.
    private static let patienceMilliseconds = 10_000

    private let directory: StateDirectory
    private let address: SocketAddress

    /// Opens the directory and does not create it. Root may use the directory of another user.
    init(directory path: String) throws(CommandError) {
        do throws(SystemError) {
            directory = try StateDirectory(reading: path)
            address = try directory.files.socketAddress(StateDirectory.Name.commandSocket)
        } catch {
            throw CommandClient.problem(error, in: path)
        }
    }

    /// Returns the content of the balancer's answer, and throws its refusal.
    func ask(
        _ command: OperatorCommand, _ content: [UInt8] = [], patienceMilliseconds: Int = patienceMilliseconds
    ) throws(CommandError) -> [UInt8] {
        let loop: EventLoop
        do throws(SystemError) { loop = try EventLoop() } catch { throw .failure("\(error)") }
        var answer: Result<[UInt8], CommandError>?
        begin(command, content, on: loop, patienceMilliseconds: patienceMilliseconds) { answer = $0 }
        while true {
            if let answer { return try answer.get() }
            loop.turn()
        }
    }

    /// Sends a command over a connection of its own, and calls `receive` once on the loop.
    func begin(
        _ command: OperatorCommand, _ content: [UInt8] = [], on loop: EventLoop, patienceMilliseconds: Int,
        receive: @escaping (Result<[UInt8], CommandError>) -> Void
    ) {
        let caller = ControlClient(
            loop: loop, endpoint: UpstreamEndpoint(address: address, host: "localhost", expectation: .anybody),
            provider: TransportProvider(), maximumBody: ControlClient.largestSnapshot)
        caller.ask(
            command.isOrder ? .post : .get, command.path, body: content, timeoutMilliseconds: patienceMilliseconds
        ) { result in
            // The caller lives until its answer.
            caller.close()
            receive(answer(in: result))
        }
    }

    private func answer(in result: Result<ControlClient.Reply, UpstreamFailure>) -> Result<[UInt8], CommandError> {
        switch result {
        case .success(let reply) where reply.status == 200: .success(reply.body)
        case .success(let reply):
            .failure(
                .failure(
                    JSON.decode(ErrorAnswer.self, from: reply.body)?.error
                        ?? "the balancer answered with status \(reply.status)"))
        case .failure(.refused): .failure(problem(SystemError("connect", code: ECONNREFUSED)))
        case .failure(.unreachable(let error)): .failure(problem(error))
        case .failure(let failure): .failure(.failure("the balancer of \(directory.path) does not answer: \(failure)"))
        }
    }

    private func problem(_ error: SystemError) -> CommandError {
        guard [ENOENT, ECONNREFUSED].contains(error.code), let reign = DistantReign(in: directory) else {
            return CommandClient.problem(error, in: directory.path)
        }
        let hosts = reign.hosts.isEmpty ? "" : " (\(reign.hosts.joined(separator: ", ")))"
        return .notRunning(
            "no balancer reigns in \(directory.path): the last worker list there is of a balancer on another host"
                + "\(hosts), epoch \(reign.epoch.value): run the command on that host")
    }

    private static func problem(_ error: SystemError, in directory: String) -> CommandError {
        switch error.code {
        case ENOENT, ENOTDIR, ECONNREFUSED:
            .notRunning("no balancer reigns in \(directory): start one, or give its --state-dir")
        case EACCES, EPERM:
            .notPermitted("\(directory) belongs to another user: run the command as that user or as root")
        default: .failure("the balancer of \(directory) can't be reached: \(error)")
        }
    }
}
