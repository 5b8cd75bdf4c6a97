internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Logging

/// `balancer [options]`: serves until it is told to stop.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Serve (the default).")

    @Option(help: "The public port, for clients.")
    var port: UInt16 = 8000

    @Option(help: "The address that the public and the cluster port listen on.")
    var host: String = "0.0.0.0"

    @Option(help: "The port for the workers, over mutual TLS.")
    var clusterPort: UInt16 = 7000

    @Option(help: "The port for /status and /metrics, on loopback only.")
    var adminPort: UInt16 = 9000

    @Option(help: "The folder under nodes/ whose balancer certificate is used.")
    var id: String = "balancer"

    @Option(help: "The folder that certs/make-certs made.")
    var certs: String = "certs/generated"

    @Option(help: "Shared with the workers of this host and cluster (default: ~/.local/state/understudy).")
    var stateDir: String?

    @Option(help: "Event-loop threads (default: one for each core).")
    var threads: Int?

    @Option(help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String = "info"

    @Flag(help: "Plain build only: listen on --host although nothing is encrypted.")
    var insecureBind = false

    @Flag(help: ArgumentHelp("Wait for a worker's word before taking over.", visibility: .hidden))
    var standby = false

    func run() throws {
        guard let level = Logger.Level(rawValue: logLevel) else {
            throw CommandError.usage(
                "--log-level \(logLevel) is unknown: use trace, debug, info, notice, warning, error or critical")
        }
        guard let nodeID = NodeID(id) else {
            throw CommandError.usage(
                "--id \(id) is no node name: use 1 to 63 of a-z 0-9 . and -, beginning with a letter or digit")
        }
        let threads = threads ?? Program.coreCount
        guard (1...1024).contains(threads) else { throw CommandError.usage("--threads takes 1 to 1024") }
        let ports = [port, clusterPort, adminPort]
        guard !ports.contains(0), Set(ports).count == ports.count else {
            throw CommandError.usage(
                "--port, --cluster-port and --admin-port must be three different ports from 1 to 65535")
        }
        LogfmtHandler.install(level: level)
        // Without TLS nobody but this host is let near, unless told so.
        let isOpen = NodeCertificates.isSecure || insecureBind
        let configuration = BalancerConfiguration(
            host: isOpen ? host : "127.0.0.1", port: port, clusterPort: clusterPort, adminPort: adminPort,
            threads: threads,
            logLevel: logLevel, insecureBind: insecureBind)
        let node = try BalancerNode(
            configuration: configuration, id: nodeID, certificatesFolder: certs,
            directory: StateDirectory(path: stateDir ?? StateDirectory.defaultPath))
        if standby {
            try node.park()
        } else {
            try node.startReign()
        }
        node.run()
    }
}
