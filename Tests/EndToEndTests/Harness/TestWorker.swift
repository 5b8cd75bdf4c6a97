/// A worker process of a cluster. A test may end it and start it again.
final class TestWorker {
    let id: String
    let port: UInt16
    private let command: [String]
    private let folder: String
    private var current: SpawnedProcess?

    /// - Parameter launcher: a command that becomes the worker.
    init(id: String, port: UInt16, arguments: [String], launcher: [String] = [], folder: String) {
        self.id = id
        self.port = port
        command = launcher + [TestCluster.workerProgram, "--port", "\(port)"] + arguments
        self.folder = folder
    }

    var process: SpawnedProcess {
        guard let current else { preconditionFailure("\(id) has not been started") }
        return current
    }

    /// The log of all processes of this worker.
    var log: String { Files.text("\(folder)/\(id).log") }

    /// Starts the worker, or restarts it with the same options.
    func start() throws {
        current = try SpawnedProcess(
            command[0], Array(command.dropFirst()), in: folder, output: "\(folder)/\(id).log")
    }
}
