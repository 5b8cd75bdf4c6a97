package import Cluster
package import Logging
package import Sockets

/// `--on-takeover COMMAND`: what an operator wants done when this worker has brought the balancer back, such as moving an
/// address to this host.
///
/// The balancer accepts already when the command begins: clients that an address brings here find somebody. Nothing
/// waits for the command; a failure is logged and changes nothing.
package final class TakeoverHook {
    /// What the command is told, in its environment.
    package struct Occasion: Sendable {
        package let id: NodeID
        package let epoch: Epoch
        /// The address of this host, as the worker was given it.
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

    private let command: String
    private let loop: EventLoop
    private let log: Logger
    private let limitMilliseconds: Int
    private let timer: LoopTimer
    private var process: ChildProcess?
    /// Commands that were killed, until they are reaped.
    private var killed: [Int32: ChildProcess] = [:]

    /// - Parameter limitMilliseconds: after this long the command is killed, with what it has started.
    package init(
        command: String, loop: EventLoop, log: Logger, limitMilliseconds: Int = 30_000
    ) {
        self.command = command
        self.loop = loop
        self.log = log
        self.limitMilliseconds = limitMilliseconds
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in
            self.log.error("the command of --on-takeover takes too long: killed")
            kill()
        }
    }

    /// Whether a command is under way, or not reaped yet.
    package var isRunning: Bool { process != nil || !killed.isEmpty }

    /// Starts the command. One that still runs from an earlier takeover is out of date, and killed.
    package func run(_ occasion: Occasion) {
        if process != nil {
            log.warning("the command of --on-takeover of the takeover before still runs: killed")
            kill()
        }
        do throws(SystemError) {
            let process = try ChildProcess(shell: command, environment: occasion.environment, on: loop)
            process.onExit = { [unowned self] in ended(status: $0) }
            self.process = process
            timer.set(afterMilliseconds: limitMilliseconds)
        } catch {
            log.error("the command of --on-takeover could not be started: \(error)")
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

    private func ended(status: Int32) {
        process = nil
        timer.cancel()
        if status == 0 {
            log.info("the command of --on-takeover is done")
        } else {
            log.error("the command of --on-takeover failed", metadata: ["status": "\(status)"])
        }
    }
}
