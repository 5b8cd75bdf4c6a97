internal import ControlPlane
internal import Settings
internal import Sockets
internal import Telemetry

/// The places that a worker's settings name: its own address, those of balancers, and its application.
struct WorkerPlaces {
    let address: SocketAddress
    let balancers: [Endpoints.Place]
    /// Nil for the built-in tasks.
    let application: Endpoints.Application?

    /// Throws the first mistake.
    init(_ settings: Settings) throws(CommandError) {
        if let error = WorkerPlaces.problems(with: settings).error { throw error }
        guard let address = WorkerPlaces.address(of: settings) else {
            throw .usage("--host \(settings.host) is neither an address nor a known name")
        }
        self.address = address
        balancers = try Endpoints.list(settings.worker.balancers, option: "--balancer")
        application = if let url = settings.worker.application { try Endpoints.application(url) } else { nil }
    }

    /// Everything that is wrong with the settings of a worker that starts.
    static func problems(with settings: Settings) -> [SettingProblem] {
        var problems: [SettingProblem] = []
        func note(_ name: String, _ text: String) { problems.append(settings.problem(with: name, text)) }
        if let address = address(of: settings) {
            if !NodeCertificates.isSecure && !address.isLoopback && !settings.bindsInsecurely {
                note(
                    "host",
                    "this build has no TLS: use a loopback --host, or give --insecure-bind on a trusted network")
            }
            if settings.worker.acrossHosts && (address.isLoopback || ["0.0.0.0", "::"].contains(address.host)) {
                note(
                    "across-hosts",
                    "--across-hosts needs a --host at which the other hosts reach this one, not \(address.host)")
            }
        } else {
            note("host", "--host \(settings.host) is neither an address nor a known name")
        }
        if let command = settings.worker.takeoverCommand, let problem = ShellCommand(command).problem {
            note("on-takeover", "--on-takeover \(command): \(problem)")
        }
        if let command = settings.coordinator.releaseCommand, let problem = ShellCommand(command).problem {
            note("on-release", "--on-release \(command): \(problem)")
        }
        do throws(CommandError) {
            _ = try Endpoints.list(settings.worker.balancers, option: "--balancer")
        } catch {
            note("balancer", error.description)
        }
        do throws(CommandError) {
            if let url = settings.worker.application { _ = try Endpoints.application(url) }
        } catch {
            note("forward", error.description)
        }
        return problems
    }

    private static func address(of settings: Settings) -> SocketAddress? {
        SocketAddress.resolve(host: settings.host, port: settings.port)
    }
}
