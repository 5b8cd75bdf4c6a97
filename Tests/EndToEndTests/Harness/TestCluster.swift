import Foundation

/// A balancer and workers for one test: real processes, on free ports, with a state directory of their own.
final class TestCluster {
    struct Options {
        var workers = 3
        var balancerArguments: [String] = []
        /// Arguments of every worker.
        var workerArguments: [String] = []
        /// The certificates; nil for those that all tests share.
        var certificates: String?
        /// A command that starts every process of the cluster and becomes the program, such as env(1).
        var launcher: [String] = []
        /// `launcher` does not become the program, so the program has another process number.
        var isContained = false
        /// A long delay between the ranks of the succession. On a full machine a worker may otherwise act before the one
        /// that comes first.
        static var inTurn: Options {
            var options = Options()
            options.balancerArguments = ["--rank-delay", "2s"]
            return options
        }

        /// Called before the first start, with the path of the future state directory.
        var makeState: (String) throws -> Void = { _ in }
        /// Called after the end of all processes.
        var removeState: (String) -> Void = { _ in }
    }

    /// The folder of all files of the cluster.
    let folder: String
    let certificates: String
    private(set) var publicPort: UInt16 = 0
    private(set) var clusterPort: UInt16 = 0
    private(set) var adminPort: UInt16 = 0
    /// The first balancer. `status()` reports the ones that workers start.
    private(set) var balancer: SpawnedProcess?
    private(set) var workers: [TestWorker] = []
    private let options: Options
    /// Free ports for workers, in ascending order.
    private var freePorts: [UInt16]
    /// All ports for workers, including those in use.
    private let workersPorts: [UInt16]

    /// Starts everything and waits until all workers are ready.
    convenience init(workers: Int = 3, workerArguments: [String] = []) throws {
        try self.init(Options(workers: workers, workerArguments: workerArguments))
    }

    init(_ options: Options) throws {
        self.options = options
        workersPorts = try Ports.free(12)
        freePorts = workersPorts
        folder = try Files.makeTemporaryFolder()
        certificates = try options.certificates ?? TestCertificates.shared.get()
        LogsOnFailure.watch(folder)
        do {
            try options.makeState(stateDirectory)
            try startBalancer()
            for index in 0..<options.workers {
                try startWorker(id: "worker-\(8001 + index)", arguments: options.workerArguments)
            }
            try waitUntilReady(options.workers)
        } catch {
            tearDown()
            throw error
        }
    }

    deinit { tearDown() }

    /// Ends every process of the cluster, including those that the cluster started.
    func tearDown() {
        ClusterProcesses.end(all: [balancer] + workers.map(\.process), in: folder)
        options.removeState(stateDirectory)
        Files.remove(folder)
    }

    // MARK: Paths and ports

    var stateDirectory: String { "\(folder)/state" }
    var sharedFile: String { "\(folder)/shared.txt" }
    var balancerLog: String { Files.text("\(folder)/balancer.log") + Files.text("\(stateDirectory)/balancer.log") }
    /// The highest epoch in the state directory; 0 if none was granted.
    var grantedEpoch: Int {
        Files.text("\(stateDirectory)/epoch").split(separator: "\n").compactMap { line in
            line.split(separator: " ").first.flatMap { Int($0) }
        }.max() ?? 0
    }

    /// The plain build needs this option to listen outside of loopback.
    static var insecureBind: [String] { TestCertificates.scheme == "http" ? ["--insecure-bind"] : [] }
    static var balancerProgram: String { "\(Files.products)/balancer" }
    static var workerProgram: String { "\(Files.products)/worker" }

    func url(_ path: String) -> String { "\(TestCertificates.scheme)://127.0.0.1:\(publicPort)\(path)" }

    /// The options that all commands of this cluster share.
    var places: [String] { ["--certs", certificates, "--state-dir", stateDirectory] }

    // MARK: Starting

    /// Starts the balancer as an operator would. If another process has taken a port meanwhile, it uses other ports.
    func startBalancer() throws {
        for _ in 0..<5 {
            if publicPort == 0 || balancer?.exitStatus == 1 { try choosePorts() }
            let process = try spawnBalancer()
            balancer = process
            try waitUntil("the balancer reigns") {
                guard process.isRunning, let status = try? status() else { return !process.isRunning }
                return options.isContained || status.pid == process.identifier
            }
            if process.isRunning { return }
            guard balancerLog.contains("can't listen on") else { break }
        }
        throw HarnessError("the balancer does not start")
    }

    /// Starts a balancer with the options of this cluster and does not wait.
    func spawnBalancer() throws -> SpawnedProcess {
        let command = options.launcher + [TestCluster.balancerProgram] + balancerArguments
        return try SpawnedProcess(command[0], Array(command.dropFirst()), in: folder, output: "\(folder)/balancer.log")
    }

    /// Starts a new balancer that takes over from the present one.
    func replaceBalancer(_ arguments: [String] = [], launcher: [String] = []) throws {
        let command = launcher + [TestCluster.balancerProgram, "--replace"] + arguments + places
        balancer = try SpawnedProcess(
            command[0], Array(command.dropFirst()), in: folder, output: "\(folder)/balancer.log")
    }

    var balancerArguments: [String] {
        [
            "--host", "127.0.0.1", "--port", "\(publicPort)", "--cluster-port", "\(clusterPort)", "--admin-port",
            "\(adminPort)",
        ] + places + Sanitizer.balancerArguments + options.balancerArguments
    }

    private func choosePorts() throws {
        let ports = try Ports.free(3)
        (publicPort, clusterPort, adminPort) = (ports[0], ports[1], ports[2])
    }

    /// Starts one more worker without waiting for it.
    ///
    /// - Parameters:
    ///   - port: nil for a free port above those of the earlier workers, because the succession is ordered by port.
    ///   - certificates: nil for the cluster's.
    @discardableResult
    func startWorker(
        id: String, port: UInt16? = nil, certificates: String? = nil, arguments: [String] = [],
        launcher: [String]? = nil
    ) throws -> TestWorker {
        let worker = TestWorker(
            id: id, port: port ?? freePorts.removeFirst(),
            arguments: [
                "--id", id, "--balancer", "127.0.0.1:\(clusterPort)", "--certs", certificates ?? self.certificates,
                "--state-dir", stateDirectory, "--file", sharedFile,
            ] + arguments, launcher: launcher ?? options.launcher, folder: folder)
        workers.append(worker)
        try worker.start()
        return worker
    }

    // MARK: State

    /// The balancer's status.
    func status() throws -> ClusterStatus {
        try JSONDecoder().decode(ClusterStatus.self, from: Data(admin("/status").utf8))
    }

    /// The content of a page of the admin port.
    func admin(_ path: String) throws -> String {
        let socket = try PlainSocket(port: adminPort, patienceSeconds: Int(5 * Sanitizer.patience))
        socket.send(Data("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8))
        let response = String(decoding: socket.receiveAll(), as: UTF8.self)
        guard response.hasPrefix("HTTP/1.1 200"), let end = response.range(of: "\r\n\r\n") else {
            throw HarnessError("\(path) answered: \(response.prefix(200))")
        }
        return String(response[end.upperBound...])
    }

    /// Waits until the registry holds exactly `count` workers, all ready.
    func waitUntilReady(_ count: Int, file: StaticString = #fileID, line: UInt = #line) throws {
        try waitForStatus("\(count) workers are ready", file: file, line: line) {
            $0.workers.count == count && $0.readyCount == count
        }
    }

    /// Waits until the balancer's status satisfies `condition`. If the balancer does not answer, it asks again.
    @discardableResult
    func waitForStatus(
        _ what: String, seconds: Double = Patience.seconds, file: StaticString = #fileID, line: UInt = #line,
        _ condition: (ClusterStatus) -> Bool
    ) throws -> ClusterStatus {
        var last: ClusterStatus?
        let seen = { "last seen: \(last?.description ?? "no answer")" }
        try waitUntil("\(what); \(seen())", seconds: seconds, file: file, line: line) {
            guard let status = try? status() else { return false }
            last = status
            return condition(status)
        }
        guard let last else { throw HarnessError("no status") }
        return last
    }

    // MARK: Requests

    /// Sends one request through the balancer.
    func curl(_ path: String, _ arguments: String...) throws -> CurlResponse {
        try Curl(url(path), arguments).finish()
    }

    /// Starts a request through the balancer.
    func startCurl(_ path: String, _ arguments: String...) throws -> Curl {
        try Curl(url(path), arguments)
    }

    /// Starts a request that a worker answers after `milliseconds`.
    func startSlowRequest(milliseconds: Int) throws -> Curl {
        try startCurl("/reverse?delay_ms=\(milliseconds)", "--data-binary", "abc")
    }
}
