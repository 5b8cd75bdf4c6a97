internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Logging
internal import Sockets

/// The `worker` executable.
@main
struct WorkerCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker",
        abstract:
            "A worker of an Understudy cluster: joins its balancer by itself, serves, and brings the balancer back.",
        discussion: unitsDiscussion, version: Version.current)

    @Option(help: "The port to serve the balancer on.")
    var port: UInt16 = 8001

    @Option(help: "The address to serve on; the balancer connects to it.")
    var host: String = "127.0.0.1"

    @Option(help: "The balancer's cluster port; several, where it may be on one of several hosts: A:7000,B:7000.")
    var balancer: String = "127.0.0.1:7000"

    @Option(help: "The folder under nodes/ whose worker certificate is used (default: worker-PORT).")
    var id: String?

    @Option(help: "The folder that certs/make-certs made.")
    var certs: String = "certs/generated"

    @Option(
        help: "Shared with the balancer and the workers of this host and cluster (default: ~/.local/state/understudy).")
    var stateDir: String?

    @Option(help: "The shared file that /write appends to and /read reads.")
    var file: String = "write_file.txt"

    @Option(
        help:
            "Be the front of this local application (http://ADDRESS:PORT, or h2c:// for HTTP/2 such as gRPC) instead of serving the built-in tasks."
    )
    var forward: String?

    @Option(help: "Share of the requests beside workers of another capacity, 1 to 1000.")
    var capacity: Int = 1

    @Option(help: "Requests that are served at the same time, up to 65535; 0 for as many as come.")
    var maxRequests: Int = 0

    @Option(help: "Where a line for each request goes: off, - for standard output, or a file.")
    var accessLog: String = "off"

    @Option(help: "How long requests in progress may take after the worker was told to go.")
    var drainSeconds: Int = 30

    @OptionGroup(title: "Limits of connections")
    var connectionOptions: ConnectionOptions

    @OptionGroup(title: "Limits of the application's responses")
    var messageOptions: MessageOptions

    @Option(help: "A file of options, one name: value a line. The command line wins.")
    var config: String?

    @Flag(help: "Never start a balancer.")
    var noStandby = false

    @Flag(help: "Bring the balancer back on this host when it is lost with its own host.")
    var acrossHosts = false

    @Flag(
        help: "With --across-hosts: do so without the agreement of more than half of the workers. Two may reign then.")
    var takeoverWithoutQuorum = false

    @Option(
        help:
            "A command of the shell that is run when this worker has brought the balancer back, such as one that moves an address."
    )
    var onTakeover: String?

    @Option(help: "Event-loop threads (default: one for each core).")
    var threads: Int?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "info"

    @Flag(help: "Plain build only: listen on --host although nothing is encrypted.")
    var insecureBind = false

    static func main() {
        Program.run(WorkerCommand.self, arguments: { try withConfiguration($0) }, name: "worker")
    }

    static let flags: Set = ["no-standby", "insecure-bind", "across-hosts", "takeover-without-quorum"]
    static let commandLineOnly: Set = ["config", "help", "version"]

    func checkValues() throws {
        if Logger.Level(rawValue: logLevel) == nil {
            throw CommandError.usage(
                "--log-level \(logLevel) is unknown: use trace, debug, info, notice, warning, error or critical")
        }
        _ = try nodeID()
        if let threads, !(1...1024).contains(threads) { throw CommandError.usage("--threads takes 1 to 1024") }
        guard (1...WorkerRecord.maximumCapacity).contains(capacity) else {
            throw CommandError.usage("--capacity takes 1 to \(WorkerRecord.maximumCapacity)")
        }
        guard (0...WorkerRecord.maximumConcurrency).contains(maxRequests) else {
            throw CommandError.usage("--max-requests takes 0 (no limit) to \(WorkerRecord.maximumConcurrency)")
        }
        guard port > 0 else { throw CommandError.usage("--port must be from 1 to 65535") }
        guard (0...86_400).contains(drainSeconds) else { throw CommandError.usage("--drain-seconds takes 0 to 86400") }
        _ = try limits()
    }

    private func limits() throws -> ServiceLimits {
        try ServiceLimits(connectionOptions.given.merging(messageOptions.given) { $1 }, isBalancer: false)
    }

    private func nodeID() throws -> NodeID {
        let name = id ?? "worker-\(port)"
        guard let nodeID = NodeID(name) else {
            throw CommandError.usage(
                "--id \(name) is no node name: use 1 to 63 of a-z 0-9 . and -, beginning with a letter or digit")
        }
        return nodeID
    }

    func run() throws {
        try checkValues()
        guard let address = SocketAddress.resolve(host: host, port: port) else {
            throw CommandError.usage("--host \(host) is neither an address nor a known name")
        }
        if !NodeCertificates.isSecure && !address.isLoopback && !insecureBind {
            throw CommandError.usage(
                "this build has no TLS: use a loopback --host, or give --insecure-bind on a trusted network")
        }
        let balancers = try Endpoints.list(balancer, option: "--balancer")
        try checkAcrossHosts(address)
        let directory = try StateDirectory(path: stateDir ?? StateDirectory.defaultPath)
        for place in balancers { try checkPort(against: place.address, directory) }
        LogfmtHandler.install(level: Logger.Level(rawValue: logLevel) ?? .info)
        let node = try WorkerNode(
            options: WorkerNode.Options(
                id: try nodeID(), address: address, balancers: balancers, certificatesFolder: certs,
                directory: directory,
                file: file, application: try forward.map { try Endpoints.application($0) }, mayStandIn: !noStandby,
                acrossHosts: acrossHosts, needsQuorum: !takeoverWithoutQuorum,
                onTakeover: onTakeover,
                capacity: capacity, maximumRequests: maxRequests,
                limits: try limits(), drainSeconds: drainSeconds,
                threads: threads ?? Program.coreCount,
                accessLog: AccessLog.absolute(accessLog)))
        try node.start()
        node.run()
    }

    private func checkAcrossHosts(_ address: SocketAddress) throws(CommandError) {
        if takeoverWithoutQuorum && !acrossHosts {
            throw .usage("--takeover-without-quorum says how to take over across hosts: give --across-hosts too")
        }
        guard acrossHosts else { return }
        if noStandby { throw .usage("--across-hosts and --no-standby exclude each other") }
        if address.isLoopback || address.host == "0.0.0.0" || address.host == "::" {
            throw .usage("--across-hosts needs a --host at which the other hosts reach this one, not \(address.host)")
        }
    }

    /// The balancer's ports are its own: a worker there would stand in its successor's way.
    private func checkPort(against balancer: SocketAddress, _ directory: StateDirectory) throws(CommandError) {
        let known = BalancerConfiguration.load(from: directory)
        let taken: [(UInt16, String)] = [
            (known?.port ?? 8000, "public"), (balancer.port, "cluster"), (known?.adminPort ?? 9000, "admin"),
        ]
        for (number, name) in taken where number == port {
            throw .usage("--port \(port) is the balancer's \(name) port: give the worker another --port")
        }
    }
}
