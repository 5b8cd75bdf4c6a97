internal import ArgumentParser
internal import Cluster
internal import Connections
internal import ControlPlane
internal import HTTP
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// `balancer status`: prints the cluster's state as a table.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(for: .status)

    /// That of every balancer without the option of this name.
    private static let defaultAdminPort: UInt16 = 9000
    /// A probe of a container has to end before the runtime kills it.
    private static let patienceMilliseconds = 5000

    @OptionGroup var options: CommandOptions

    @Option(help: "The admin port of a balancer on this host, instead of a state directory.")
    var adminPort: UInt16?

    @Flag(help: "Print only the number of the balancer's process.")
    var pid = false

    func run() throws {
        let bytes = try fetch()
        if options.json {
            print(String(decoding: bytes, as: UTF8.self), terminator: "")
            return
        }
        guard let report = JSON.decode(StatusReport.self, from: bytes) else {
            throw CommandError.failure("the answer is no status of a balancer, or of another version")
        }
        if pid {
            guard report.pidNamespace != nil, report.isInOwnNamespace else {
                throw CommandError.failure("the balancer runs in another PID namespace: it has no number here")
            }
            print(report.pid)
            return
        }
        print(StatusTable.text(of: report), terminator: "")
    }

    private func fetch() throws(CommandError) -> [UInt8] {
        if let adminPort {
            guard options.stateDir == nil else { throw .usage("give --state-dir or --admin-port, not both") }
            return try fetch(at: adminPort)
        }
        do throws(CommandError) {
            return try options.client().ask(.status, patienceMilliseconds: StatusCommand.patienceMilliseconds)
        } catch {
            // Without a place to look at, a balancer with another state directory is a good answer too.
            guard options.stateDir == nil, let status = try? fetch(at: StatusCommand.defaultAdminPort) else {
                throw error
            }
            return status
        }
    }

    private func fetch(at adminPort: UInt16) throws(CommandError) -> [UInt8] {
        guard let address = SocketAddress(host: "127.0.0.1", port: adminPort) else { return [] }
        let loop: EventLoop
        do throws(SystemError) { loop = try EventLoop() } catch { throw CommandError.failure("\(error)") }
        let caller = ControlClient(
            loop: loop, endpoint: UpstreamEndpoint(address: address, host: "127.0.0.1", expectation: .anybody),
            provider: TransportProvider(), maximumBody: ControlClient.largestSnapshot)
        var answer: Result<ControlClient.Reply, UpstreamFailure>?
        caller.ask(.get, "/status", timeoutMilliseconds: StatusCommand.patienceMilliseconds) { answer = $0 }
        while answer == nil { loop.turn() }
        caller.close()
        switch answer {
        case .success(let reply) where reply.status == 200: return reply.body
        case .success(let reply):
            throw CommandError.failure("port \(adminPort) of this host answered with status \(reply.status)")
        case .failure(let failure):
            throw CommandError.failure(
                "no balancer answers on port \(adminPort) of this host (\(failure)): start one, or give its --admin-port"
            )
        case nil: return []
        }
    }
}

extension StatusReport {
    /// The number of the balancer's process means that process here too. An earlier version does not say it.
    fileprivate var isInOwnNamespace: Bool { pidNamespace.map { $0 == PIDNamespace.own } ?? true }
}

/// The table that `balancer status` prints.
enum StatusTable {
    static func text(of report: StatusReport) -> String {
        var text = headline(of: report) + "\n"
        if let pause = report.pause { text += PauseText.line(of: pause) + "\n" }
        let head = ["WORKER", "ADDRESS", "STATE", "IN FLIGHT", "REQUESTS", "FAILURES", "LAST SEEN", "STANDBY"]
        let rows = report.workers.map { worker in
            [
                worker.id, "\(worker.address):\(worker.port)", worker.state.rawValue, "\(worker.inFlight)",
                "\(worker.requestsTotal)", "\(worker.failuresTotal)",
                worker.lastSeenMilliseconds.map { "\($0) ms ago" } ?? "never", standby(worker),
            ]
        }
        text += TextTable.text(head: head, rows: rows)
        if !report.workers.isEmpty, report.workers.allSatisfy({ $0.mayStandIn == false }) {
            text += "no worker may stand in for this balancer: each worker's log gives the reason at its start\n"
        }
        return text
    }

    static func headline(of report: StatusReport) -> String {
        let process =
            report.isInOwnNamespace ? "pid \(report.pid)" : "in PID namespace \(report.pidNamespace ?? 0)"
        return "balancer \(report.id)  epoch \(report.epoch)  \(process)  up \(report.uptimeSeconds) s"
            + "  version \(report.version)"
    }

    private static func standby(_ worker: StatusReport.Worker) -> String {
        if worker.hasStandby == true { return "parked" }
        return worker.mayStandIn.map { $0 ? "able" : "no" } ?? "unknown"
    }
}
