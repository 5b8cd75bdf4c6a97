internal import ArgumentParser
internal import ControlPlane
internal import Logging
internal import Nodes
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// `worker [options]`: serves until a signal stops it.
struct RunCommand: ParsableCommand, CustomReflectable {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve (the default).", usage: "worker [<options>]",
        discussion: Settings.unitsDiscussion)

    private let options: TableOptions<WorkerAudience>

    init() { options = TableOptions() }

    init(from decoder: any Decoder) throws { options = try TableOptions(from: decoder) }

    /// See `TableOptions.children`.
    var customMirror: Mirror { Mirror(self, children: TableOptions<WorkerAudience>.children) }

    func run() throws {
        let settings = try Settings.load(.worker, commandLine: options.given)
        let places = try WorkerPlaces(settings)
        let directory = try StateDirectory(path: settings.stateFolder ?? StateDirectory.defaultPath())
        for place in places.balancers { try checkPort(settings.port, against: place.port, directory) }
        ProcessLogHandler.install(
            level: Logger.Level(rawValue: settings.logLevel) ?? .info,
            format: LogFormat(rawValue: settings.logFormat) ?? .text)
        let node = try WorkerNode(
            options: WorkerOptions(
                settings: settings, address: places.address, balancers: places.balancers, directory: directory,
                application: places.application))
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
