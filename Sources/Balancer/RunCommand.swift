internal import ArgumentParser
internal import Cluster
internal import ControlPlane
internal import Logging

/// `balancer [options]`: serves until it is told to stop.
struct RunCommand: ConfiguredCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve (the default).", discussion: unitsDiscussion)

    @Option(help: "The public port, for clients (default: 8000).")
    var port: UInt16?

    @Option(help: "The address that the public and the cluster port listen on (default: 0.0.0.0).")
    var host: String?

    @Option(help: "The port for the workers, over mutual TLS (default: 7000).")
    var clusterPort: UInt16?

    @Option(help: "The port for /status and /metrics, on loopback only (default: 9000).")
    var adminPort: UInt16?

    @Option(
        help: ArgumentHelp(
            "How workers are chosen: fewest, two-choices, round-robin, hash:header=NAME, hash:cookie=NAME or sticky[:cookie=NAME] (default: fewest).",
            valueName: "policy"))
    var balance: String?

    @Option(help: "The folder under nodes/ whose balancer certificate is used.")
    var id: String = "balancer"

    @Option(help: "The folder that certs/make-certs made.")
    var certs: String = "certs/generated"

    @Option(help: "Shared with the workers of this host and cluster (default: ~/.local/state/understudy).")
    var stateDir: String?

    @Option(help: "Event-loop threads (default: one for each core).")
    var threads: Int?

    @Option(help: "trace, debug, info, notice, warning, error or critical (default: info).")
    var logLevel: String?

    @Option(help: "How long requests in progress may take after the balancer was told to go (default: 30).")
    var drainSeconds: Int?

    @Option(help: "Where a line for each request goes: off, - for standard output, or a file (default: off).")
    var accessLog: String?

    @OptionGroup(title: "Limits of connections")
    var connectionOptions: ConnectionOptions

    @OptionGroup(title: "Limits of clients' messages")
    var messageOptions: MessageOptions

    @OptionGroup(title: "Limits of clients' HTTP/2")
    var http2Options: HTTP2Options

    @OptionGroup(title: "Balancing, and limits of clients")
    var balancingOptions: BalancingOptions

    @OptionGroup(title: "Health of workers")
    var healthOptions: HealthOptions

    @OptionGroup(title: "Failover")
    var failoverOptions: FailoverOptions

    @Option(help: "A file of options, one name: value a line. The command line wins.")
    var config: String?

    @Flag(help: "Take over a client's X-Request-Id instead of naming each request anew.")
    var trustRequestId = false

    @Flag(
        help:
            "Take over from the balancer that reigns in --state-dir, which then goes. Options that are not given stay as they are."
    )
    var replace = false

    @Flag(help: "Plain build only: listen on --host although nothing is encrypted.")
    var insecureBind = false

    @Flag(help: ArgumentHelp("Wait for a worker's word before taking over.", visibility: .hidden))
    var standby = false

    static let flags: Set = ["trust-request-id", "insecure-bind"]
    static let commandLineOnly: Set = ["config", "replace", "standby", "help", "version"]

    func run() throws {
        try checkValues()
        let nodeID = try nodeID()
        let directory = try StateDirectory(path: stateDir ?? StateDirectory.defaultPath)
        let configuration = try replace ? replacedConfiguration(in: directory) : self.configuration(over: nil)
        LogfmtHandler.install(level: Logger.Level(rawValue: configuration.logLevel) ?? .info)
        let node = try BalancerNode(
            configuration: configuration, selection: try selection(of: configuration.options),
            limits: try ServiceLimits(configuration.options, isBalancer: true), id: nodeID,
            certificatesFolder: certs, directory: directory)
        if standby {
            try node.park()
        } else if replace {
            try node.replace()
        } else {
            try node.lookFirst()
        }
        node.run()
    }

    func checkValues() throws {
        _ = try nodeID()
        if let logLevel, Logger.Level(rawValue: logLevel) == nil {
            throw CommandError.usage(
                "--log-level \(logLevel) is unknown: use trace, debug, info, notice, warning, error or critical")
        }
        if let threads, !(1...1024).contains(threads) { throw CommandError.usage("--threads takes 1 to 1024") }
        if let drainSeconds, !(0...86_400).contains(drainSeconds) {
            throw CommandError.usage("--drain-seconds takes 0 to 86400")
        }
        for (name, port) in [("port", port), ("cluster-port", clusterPort), ("admin-port", adminPort)] where port == 0 {
            throw CommandError.usage("--\(name) takes 1 to 65535")
        }
        _ = try selection(of: options)
        _ = try ServiceLimits(options, isBalancer: true)
    }

    private func nodeID() throws -> NodeID {
        guard let nodeID = NodeID(id) else {
            throw CommandError.usage(
                "--id \(id) is no node name: use 1 to 63 of a-z 0-9 . and -, beginning with a letter or digit")
        }
        return nodeID
    }

    /// What the options say; where they say nothing, `base` or the defaults.
    private func configuration(over base: BalancerConfiguration?) throws -> BalancerConfiguration {
        let ports = [
            port ?? base?.port ?? 8000, clusterPort ?? base?.clusterPort ?? 7000, adminPort ?? base?.adminPort ?? 9000,
        ]
        guard Set(ports).count == ports.count else {
            throw CommandError.usage("--port, --cluster-port and --admin-port must be three different ports")
        }
        // Without TLS nobody but this host is let near, unless told so.
        let isBindInsecure = insecureBind || base?.insecureBind == true
        let host = host ?? base?.host ?? "0.0.0.0"
        var configuration = BalancerConfiguration(
            host: NodeCertificates.isSecure || isBindInsecure ? host : "127.0.0.1", port: ports[0],
            clusterPort: ports[1], adminPort: ports[2], threads: threads ?? base?.threads ?? Program.coreCount,
            logLevel: logLevel ?? base?.logLevel ?? "info", insecureBind: isBindInsecure,
            drainSeconds: drainSeconds ?? base?.drainSeconds ?? BalancerConfiguration.defaultDrainSeconds,
            options: (base?.options ?? [:]).merging(options) { $1 })
        configuration.trustRequestID = trustRequestId || base?.trustRequestID == true
        return configuration
    }

    /// The options that `BalancerConfiguration.options` holds, as far as they are given.
    private var options: [String: String] {
        var options: [String: String] = [:]
        let groups = [
            connectionOptions.given, messageOptions.given, http2Options.given, balancingOptions.given,
            healthOptions.given, failoverOptions.given,
        ]
        for group in groups { options.merge(group) { $1 } }
        options["balance"] = balance
        options["access-log"] = accessLog.map(AccessLog.absolute)
        return options
    }

    private func selection(of options: [String: String]) throws -> SelectionPolicy {
        let text = options["balance"] ?? SelectionPolicy.fewest.text
        guard let policy = SelectionPolicy(text) else {
            throw CommandError.usage(
                "--balance \(text) is unknown: use fewest, two-choices, round-robin, hash:header=NAME, hash:cookie=NAME, sticky or sticky:cookie=NAME"
            )
        }
        return policy
    }

    /// The options of the balancer that reigns, with those that are given here; its sockets stay what they are.
    private func replacedConfiguration(in directory: StateDirectory) throws -> BalancerConfiguration {
        if standby { throw CommandError.usage("--standby is for workers to use, without --replace") }
        guard let present = BalancerConfiguration.load(from: directory) else {
            throw CommandError.failure("no balancer reigns in \(directory.path): start it without --replace")
        }
        let wanted = try configuration(over: present)
        let sockets: [(String, String, String)] = [
            ("--host", wanted.host, present.host), ("--port", "\(wanted.port)", "\(present.port)"),
            ("--cluster-port", "\(wanted.clusterPort)", "\(present.clusterPort)"),
            ("--admin-port", "\(wanted.adminPort)", "\(present.adminPort)"),
        ]
        for (option, new, old) in sockets where new != old {
            throw CommandError.usage(
                "\(option) \(new) is not that of the balancer that reigns (\(old)): a replacement takes over its sockets; leave the option out"
            )
        }
        return wanted
    }
}
