internal import ArgumentParser
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Nodes
internal import Settings
internal import Storage
internal import Telemetry

/// `balancer [options]`: serves until a signal stops it.
struct RunCommand: ParsableCommand, CustomReflectable {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve (the default).", usage: "balancer [<options>]",
        discussion: Settings.unitsDiscussion)

    private let options: TableOptions<BalancerAudience>

    @Flag(help: ArgumentHelp("Wait for an order of the worker that started this process.", visibility: .hidden))
    private var standby = false

    private enum CodingKeys: String, CodingKey { case standby }

    init() { options = TableOptions() }

    init(from decoder: any Decoder) throws {
        options = try TableOptions(from: decoder)
        let own = try decoder.container(keyedBy: CodingKeys.self)
        _standby = try own.decode(Flag<Bool>.self, forKey: .standby)
    }

    /// See `TableOptions.children`.
    var customMirror: Mirror {
        Mirror(self, children: TableOptions<BalancerAudience>.children + [(label: "standby", value: _standby)])
    }

    func run() throws {
        var settings = try Settings.load(.balancer, commandLine: options.given)
        let directory = try StateDirectory(path: settings.stateFolder ?? StateDirectory.defaultPath())
        if standby { settings = settings.ofStandby }
        if settings.replaces { settings = try replacement(in: directory) }
        // Without TLS only this host may connect, unless the operator allows more.
        if !NodeCertificates.isSecure && !settings.bindsInsecurely { settings.host = "127.0.0.1" }
        ProcessLogHandler.install(
            level: Logger.Level(rawValue: settings.logLevel) ?? .info,
            format: LogFormat(rawValue: settings.logFormat) ?? .text, directory: directory.files)
        if let error = CheckCommand.problems(with: settings).error { throw error }
        let start: BalancerNode.Start = standby ? .standby : settings.replaces ? .replacement : .byOperator
        let node = try BalancerNode(settings: settings, directory: directory, start: start)
        // Threads run until the process ends, and use the node until then.
        withExtendedLifetime(node) {
            do throws(CommandError) {
                Glibc.exit(try node.run())
            } catch {
                error.exitProcess(of: "balancer")
            }
        }
    }

    /// The settings of the running balancer, with those that are given here. With a configuration file, the file has them
    /// all, and a setting that left the file has its default again. The running balancer's sockets stay as they are.
    private func replacement(in directory: StateDirectory) throws(CommandError) -> Settings {
        if standby { throw .usage("--standby is for workers to use, without --replace") }
        guard let present = BalancerConfiguration.load(from: directory) else {
            throw .failure("no balancer reigns in \(directory.path): start it without --replace")
        }
        let base = options.given["config"] == nil ? present.texts : present.socketTexts
        let wanted = try Settings.load(.balancer, commandLine: options.given, over: base)
        let sockets: [(String, String, String)] = [
            ("--host", wanted.host, present.host), ("--port", "\(wanted.port)", "\(present.port)"),
            ("--cluster-port", "\(wanted.clusterPort)", "\(present.clusterPort)"),
            ("--admin-port", "\(wanted.adminPort)", "\(present.adminPort)"),
        ]
        for (option, new, old) in sockets where new != old {
            throw .usage(
                "\(option) \(new) differs from that of the running balancer (\(old)): a replacement takes over its sockets; leave the option out"
            )
        }
        return wanted
    }
}
