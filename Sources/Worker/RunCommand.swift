internal import ArgumentParser
internal import ControlPlane
internal import Logging
internal import Nodes
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// `worker [options]`: serves until a signal stops it.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve (the default).", usage: "worker [<options>]",
        discussion: Settings.unitsDiscussion)

    @OptionGroup var options: TableOptions<WorkerAudience>

    func run() throws {
        let settings = try Settings.load(.worker, commandLine: options.given)
        guard let address = SocketAddress.resolve(host: settings.host, port: settings.port) else {
            throw CommandError.usage("--host \(settings.host) is neither an address nor a known name")
        }
        if !NodeCertificates.isSecure && !address.isLoopback && !settings.bindsInsecurely {
            throw CommandError.usage(
                "this build has no TLS: use a loopback --host, or give --insecure-bind on a trusted network")
        }
        if settings.worker.acrossHosts && (address.isLoopback || ["0.0.0.0", "::"].contains(address.host)) {
            throw CommandError.usage(
                "--across-hosts needs a --host at which the other hosts reach this one, not \(address.host)")
        }
        if let command = settings.worker.takeoverCommand, let problem = ShellCommand(command).problem {
            throw CommandError.usage("--on-takeover \(command): \(problem)")
        }
        if let command = settings.coordinator.releaseCommand, let problem = ShellCommand(command).problem {
            throw CommandError.usage("--on-release \(command): \(problem)")
        }
        let balancers = try Endpoints.list(settings.worker.balancers, option: "--balancer")
        let directory = try StateDirectory(path: settings.stateFolder ?? StateDirectory.defaultPath())
        for place in balancers { try checkPort(settings.port, against: place.port, directory) }
        ProcessLogHandler.install(
            level: Logger.Level(rawValue: settings.logLevel) ?? .info,
            format: LogFormat(rawValue: settings.logFormat) ?? .text)
        let node = try WorkerNode(
            options: WorkerOptions(
                settings: settings, address: address, balancers: balancers, directory: directory,
                application: try settings.worker.application.map { try Endpoints.application($0) }))
        try node.start()
        node.run()
    }

    /// A worker on one of the balancer's ports would keep a successor from listening there.
    private func checkPort(
        _ port: UInt16, against clusterPort: UInt16, _ directory: StateDirectory
    ) throws(CommandError) {
        let known = BalancerConfiguration.load(from: directory)
        let taken: [(UInt16, String)] = [
            (known?.port ?? 8000, "public"), (clusterPort, "cluster"), (known?.adminPort ?? 9000, "admin"),
        ]
        for (number, name) in taken where number == port {
            throw .usage("--port \(port) is the balancer's \(name) port: give the worker another --port")
        }
    }
}
