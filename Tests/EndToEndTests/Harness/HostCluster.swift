import Foundation

/// A cluster over several hosts: a balancer on the first, and a worker and a state directory on each.
final class HostCluster {
    let folder: String
    let certificates: String
    let network: HostNetwork
    private(set) var workers: [TestWorker] = []
    private(set) var balancer: SpawnedProcess?
    private let ports: [UInt16]
    /// Nil without a store.
    private(set) var store: StoreCluster?
    private let balancerArguments: [String]

    var publicPort: UInt16 { ports[0] }

    /// Starts everything and waits until each node knows all others.
    ///
    /// - Parameters:
    ///   - arguments: for every worker.
    ///   - balancerArguments: for the balancer.
    ///   - usesStore: the coordinator is etcd, with a member on each host.
    init(
        hosts: Int, workerArguments arguments: [String] = ["--across-hosts"], balancerArguments: [String] = [],
        usesStore: Bool = false
    ) throws {
        self.balancerArguments = balancerArguments
        ports = try Ports.free(4)
        network = try HostNetwork(hosts: hosts)
        folder = try Files.makeTemporaryFolder()
        certificates = "\(folder)/certs"
        LogsOnFailure.watch(folder)
        do {
            try makeCertificates()
            if usesStore { store = try StoreCluster(on: network, certificates: certificates, in: folder) }
            try startBalancer(on: 0)
            for host in 0..<hosts { try startWorker(on: host, arguments: arguments) }
            try waitUntil("all nodes know each other and the succession") {
                (0..<hosts).allSatisfy { copy(of: $0)?.readyCount == hosts && copy(of: $0)?.standInCount == hosts }
            }
        } catch {
            tearDown()
            throw error
        }
    }

    deinit { tearDown() }

    func tearDown() {
        ClusterProcesses.end(all: [balancer] + workers.map(\.process) + (store?.members ?? []), in: folder)
        Files.remove(folder)
    }

    private func makeCertificates() throws {
        #if TLS
            try TestCertificates.copy(to: certificates)
            try TestCertificates.make(
                ["node", "balancer", "--san", network.hosts[0].address, "--force"], in: certificates)
            for (index, host) in network.hosts.enumerated() {
                try TestCertificates.make(["node", "worker-\(index)", "--san", host.address], in: certificates)
            }
        #endif
    }

    // MARK: Processes

    func stateDirectory(of host: Int) -> String { "\(folder)/state-\(host)" }

    /// The log of all balancers of a host, whichever process started them.
    func balancerLog(of host: Int) -> String {
        Files.text("\(folder)/balancer-\(host).log") + Files.text("\(stateDirectory(of: host))/balancer.log")
    }

    @discardableResult
    func startBalancer(on host: Int) throws -> SpawnedProcess {
        let command =
            network.hosts[host].launcher + [
                TestCluster.balancerProgram, "--host", "0.0.0.0", "--port", "\(ports[0])", "--cluster-port",
                "\(ports[1])", "--admin-port", "\(ports[2])", "--certs", certificates, "--state-dir",
                stateDirectory(of: host), "--drain-seconds", "1",
            ] + storeArguments(on: host, advertises: true) + balancerArguments + TestCluster.insecureBind
            + Sanitizer.balancerArguments
        let process = try SpawnedProcess(
            command[0], Array(command.dropFirst()), in: folder, output: "\(folder)/balancer-\(host).log")
        balancer = process
        return process
    }

    /// Starts a worker with the id `worker-HOST`.
    func startWorker(on host: Int, arguments: [String]) throws {
        let worker = TestWorker(
            id: "worker-\(host)", port: ports[3],
            arguments: [
                "--id", "worker-\(host)", "--host", network.hosts[host].address, "--certs", certificates, "--state-dir",
                stateDirectory(of: host), "--file", "\(folder)/shared-\(host).txt",
            ] + (store == nil ? ["--balancer", "\(network.hosts[0].address):\(ports[1])"] : [])
                + storeArguments(on: host, advertises: false) + arguments + TestCluster.insecureBind,
            launcher: network.hosts[host].launcher, folder: folder)
        workers.append(worker)
        try worker.start()
    }

    private func storeArguments(on host: Int, advertises: Bool) -> [String] {
        guard let store else { return [] }
        return store.arguments(on: host) + (advertises ? ["--advertise", network.hosts[host].address] : [])
    }

    /// Kills all processes of the host at once.
    func crash(_ host: Int) throws {
        try network.unplug(network.hosts[host])
        try network.killAll(on: network.hosts[host])
    }

    // MARK: State and requests

    /// A worker's copy of the registry.
    private struct Copy: Decodable {
        struct Worker: Decodable {
            let state: String
            let mayStandIn: Bool
        }

        let workers: [Worker]
        var standInCount: Int { workers.count { $0.mayStandIn } }

        var readyCount: Int { workers.count { $0.state == "ready" } }
    }

    private func copy(of host: Int) -> Copy? {
        let path = "\(stateDirectory(of: host))/snapshot-worker-\(host).json"
        return try? JSONDecoder().decode(Copy.self, from: Files.bytes(path))
    }

    /// The status from the balancer on a host; nil if there is none.
    func status(on host: Int) -> ClusterStatus? {
        let command =
            network.hosts[host].launcher + [
                TestCluster.balancerProgram, "status", "--json", "--admin-port", "\(ports[2])",
            ]
        guard let result = try? Command.run(command[0], Array(command.dropFirst())), result.status == 0 else {
            return nil
        }
        return try? JSONDecoder().decode(ClusterStatus.self, from: result.output)
    }

    @discardableResult
    func waitForStatus(
        on host: Int, _ what: String, file: StaticString = #fileID, line: UInt = #line,
        _ condition: (ClusterStatus) -> Bool
    ) throws -> ClusterStatus {
        var last: ClusterStatus?
        let seen = { "last seen: \(last?.description ?? "no answer")" }
        try waitUntil("\(what); \(seen())", file: file, line: line) {
            last = status(on: host)
            return last.map(condition) ?? false
        }
        guard let last else { throw HarnessError("no status") }
        return last
    }

    /// Waits until a balancer on one of these hosts satisfies `condition`. Returns the host.
    func waitForBalancer(
        on hosts: [Int], _ what: String, file: StaticString = #fileID, line: UInt = #line,
        _ condition: (ClusterStatus) -> Bool
    ) throws -> (host: Int, epoch: Int) {
        var found: (host: Int, epoch: Int)?
        try waitUntil(what, file: file, line: line) {
            for host in hosts {
                if let status = status(on: host), condition(status) { found = (host, status.epoch) }
            }
            return found != nil
        }
        guard let found else { throw HarnessError("no balancer") }
        return found
    }

    /// A request to the balancer of a host, by a client on that host.
    func curl(on host: Int, _ path: String = "/") throws -> CommandResult {
        let host = network.hosts[host]
        let url = "\(TestCertificates.scheme)://\(host.address):\(publicPort)\(path)"
        let command = host.launcher + ["curl", "-q", "-sSk", "-m", "20", url]
        return try Command.run(command[0], Array(command.dropFirst()))
    }

    /// The status of a request to the worker of a host under `epoch`.
    func statusOfRequest(under epoch: Int, on host: Int) throws -> String {
        let leaf = "\(certificates)/nodes/balancer/balancer"
        let identity = TestCertificates.scheme == "https" ? ["--cert", "\(leaf).pem", "--key", "\(leaf).key"] : []
        let url = "\(TestCertificates.scheme)://\(network.hosts[host].address):\(ports[3])/"
        return try Command.run(
            "curl",
            ["-q", "-sSk", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "-H", "understudy-epoch: \(epoch)"]
                + identity + [url]
        ).text
    }
}
