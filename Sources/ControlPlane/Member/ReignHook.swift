package import Cluster
package import Logging
package import Settings
package import Sockets

/// An operator's command at a change of the reign. `--on-takeover COMMAND` runs after this worker has started a successor,
/// for example to move an address to this host. `--on-release COMMAND` runs before another host can reign.
///
/// The balancer accepts connections before `--on-takeover` begins, so clients that the address brings here are served.
/// Nothing waits for that command. The release of a lease waits up to two seconds for `--on-release`
/// (`LeaseTiming.hookMilliseconds`). A failure is logged and changes nothing. The log has the lines that the command prints
/// (`CommandOutput`).
package final class ReignHook {
    /// The data in the command's environment.
    package struct Occasion: Sendable {
        package let id: NodeID
        package let epoch: Epoch
        /// The worker's `--host`; for `--on-release` the balancer's `--advertise`.
        package let host: String
        package let configuration: BalancerConfiguration
        package let isAcrossHosts: Bool

        package init(
            id: NodeID, epoch: Epoch, host: String, configuration: BalancerConfiguration, isAcrossHosts: Bool
        ) {
            self.id = id
            self.epoch = epoch
            self.host = host
            self.configuration = configuration
            self.isAcrossHosts = isAcrossHosts
        }

        var environment: [String: String] {
            [
                "UNDERSTUDY_ID": id.text, "UNDERSTUDY_EPOCH": "\(epoch.value)", "UNDERSTUDY_HOST": host,
                "UNDERSTUDY_PORT": "\(configuration.port)",
                "UNDERSTUDY_CLUSTER_PORT": "\(configuration.clusterPort)",
                "UNDERSTUDY_ACROSS_HOSTS": isAcrossHosts ? "1" : "0",
            ]
        }
    }

    /// Called when the command has ended, was killed or could not start.
    package var onEnd: () -> Void = {}

    private let command: String
    private let option: String
    private let loop: EventLoop
    private let log: Logger
    private let limitMilliseconds: Int
    private let timer: LoopTimer
    private var process: ChildProcess?
    /// The output of the present command and of earlier ones, while a process may still print.
    private var outputs: [CommandOutput] = []
    /// Processes that earlier commands have left may print as well. Each output is a descriptor.
    private static let maximumOutputs = 4
    /// Killed commands that have not been reaped yet.
    private var killed: [Int32: ChildProcess] = [:]

    /// - Parameter limitMilliseconds: after this time the command is killed with its children.
    package init(
        command: String, option: String = "--on-takeover", loop: EventLoop, log: Logger,
        limitMilliseconds: Int = 30_000
    ) {
        self.command = command
        self.option = option
        self.loop = loop
        self.log = log
        self.limitMilliseconds = limitMilliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in
            self.log.error("the command of \(option) takes too long: killed")
            kill()
            onEnd()
        }
    }

    /// A command runs or has not been reaped yet.
    package var isRunning: Bool { process != nil || !killed.isEmpty }

    /// The outputs of commands that a process still holds.
    var outputCount: Int { outputs.count }

    /// Starts the command. A command that still runs from an earlier takeover is outdated, and is killed.
    package func run(_ occasion: Occasion) {
        if process != nil {
            log.warning("the command of \(option) of the takeover before still runs: killed")
            kill()
        }
        do throws(SystemError) {
            let (process, output) = try CommandOutput.collect(of: option, on: loop, log: log) {
                (end: borrowing FileDescriptor) throws(SystemError) in
                try ChildProcess(shell: command, environment: occasion.environment, output: end, on: loop)
            }
            process.onExit = { [unowned self] in ended(status: $0, output) }
            self.process = process
            keep(output)
            timer.set(afterMilliseconds: limitMilliseconds)
        } catch {
            log.error("the command of \(option) could not be started: \(error)")
            onEnd()
        }
    }

    private func kill() {
        guard let process = process.take() else { return }
        timer.cancel()
        let number = process.processIdentifier
        killed[number] = process
        process.onExit = { [unowned self] _ in killed[number] = nil }
        process.killGroup()
    }

    private func keep(_ output: CommandOutput) {
        if outputs.count >= ReignHook.maximumOutputs { outputs.removeFirst().close() }
        outputs.append(output)
        output.onEnd = { [unowned self] ended in outputs.removeAll { $0 === ended } }
    }

    private func ended(status: Int32, _ output: CommandOutput) {
        process = nil
        timer.cancel()
        output.takeRest()
        if status == 0 {
            log.info("the command of \(option) is done")
        } else {
            log.error("the command of \(option) failed", metadata: ["status": "\(status)"])
        }
        onEnd()
    }
}
