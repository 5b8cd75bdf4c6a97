package import Cluster
package import Handover
package import Logging
package import Settings
package import Sockets
package import Storage

/// Starts balancer processes for a worker: the parked standby and the successor.
///
/// States: none; `starting or parked` (a child that waits for its order); `taking over` (the order was given). Then the
/// child either reigns and is released to live on its own, or it has ended and the state is none again.
package final class BalancerLauncher {
    /// The wait before the restart of a standby that ended by itself.
    private static let restartMilliseconds = 1000
    /// The wait after a takeover before the next standby starts. That start occupies a core about as long as a takeover
    /// lasts.
    private static let calmMilliseconds = 300

    /// The program of the balancer, and its options besides the configuration.
    package struct Program: Sendable {
        package let path: String
        package let id: NodeID
        package let certificates: String
        package let directory: StateDirectory
        /// Options of the coordinator, by name, for a configuration that lacks them.
        package let storeOptions: [String: String]

        package init(
            path: String, id: NodeID, certificates: String, directory: StateDirectory,
            storeOptions: [String: String] = [:]
        ) {
            self.storeOptions = storeOptions
            self.path = path
            self.id = id
            self.certificates = certificates
            self.directory = directory
        }
    }

    /// Called once for each reign of a balancer that was started here, as soon as it accepts clients.
    package var onReign: (Epoch) -> Void = { _ in }
    /// Called when a balancer that was started here reports a balancer with this higher epoch elsewhere.
    package var onSuperseded: (Epoch) -> Void = { _ in }

    private let loop: EventLoop
    private let program: Program
    private let log: Logger
    private let timer: LoopTimer
    /// The present balancer is on another host, so a standby starts without listeners and with ticket keys of its own.
    package var isDistant = false { didSet { if isDistant != oldValue { startStandbyIfWanted() } } }
    private var wantsStandby = false
    private var holding: HandoverClient.Holding?
    private var candidate: Candidate?
    private var calmUntil: UInt64 = 0
    /// Children that are or were the active balancer, and standbys that were told to exit. They are kept until they have
    /// ended, so that they are reaped.
    private var released: [Int32: Released] = [:] {
        didSet { if released.isEmpty { onAllEnded.take()?() } }
    }
    private var onAllEnded: (() -> Void)?

    private struct Released {
        let process: ChildProcess
        /// The candidate whose last reports are still read; nil for a dismissed one, which ends because its channel is
        /// closed.
        let candidate: Candidate?
    }

    private final class Candidate {
        let process: ChildProcess
        let channel: MessageChannel
        /// The ticket keys that it was given first; nil if it makes its own.
        let ticketKeys: [UInt8]?
        /// It has everything that a reign needs, except the lock.
        var isParked = false
        var accepts = false
        var asksForListeners = false
        var completion: ((TakeoverOutcome) -> Void)?

        init(process: ChildProcess, channel: MessageChannel, ticketKeys: [UInt8]?) {
            self.process = process
            self.channel = channel
            self.ticketKeys = ticketKeys
        }
    }

    package init(loop: EventLoop, program: Program, log: Logger) {
        self.loop = loop
        self.program = program
        self.log = log
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in startStandbyIfWanted() }
    }

    /// A standby waits for its order.
    package var isParked: Bool { candidate.map { $0.isParked && $0.completion == nil } ?? false }

    /// The worker holds new listeners. The candidate gets them too.
    package func hold(_ holding: HandoverClient.Holding) {
        self.holding = holding
        // The standby was started with other session-ticket keys, so it has to be replaced.
        if let candidate, candidate.completion == nil, candidate.ticketKeys != holding.handover.ticketKeys {
            dismiss(candidate)
        }
        if let candidate { send(.hold(holding.handover), to: candidate, holding.listeners.descriptors) }
        startStandbyIfWanted()
    }

    /// The worker holds new further listeners. The candidate gets them if it has asked.
    package func holdFurther(_ holding: HandoverClient.Holding) {
        self.holding = holding
        if let candidate { sendFurther(to: candidate) }
    }

    private func sendFurther(to candidate: Candidate) {
        guard candidate.asksForListeners, let further = holding?.further, !further.isEmpty else { return }
        send(.further(further.names), to: candidate, further.descriptors)
    }

    /// The worker no longer holds the listeners: the reign is on another host.
    package func dropListeners() {
        holding = nil
        if let candidate, candidate.completion == nil { dismiss(candidate) }
        startStandbyIfWanted()
    }

    /// Replaces the parked standby, because the program or its options may have changed.
    package func renew() {
        guard let candidate else { return startStandbyIfWanted() }
        guard candidate.completion == nil else { return }
        dismiss(candidate)
        calmUntil = loop.now &+ UInt64(BalancerLauncher.calmMilliseconds) &* 1_000_000
        startStandbyIfWanted()
    }

    /// Keeps a parked standby, or dismisses it.
    package func keepStandby(_ wanted: Bool) {
        wantsStandby = wanted
        if wanted {
            startStandbyIfWanted()
        } else if let candidate, candidate.completion == nil {
            dismiss(candidate)
        }
    }

    /// Starts a balancer under an epoch above `after`. `completion` is called once.
    package func takeOver(after: Epoch, completion: @escaping (TakeoverOutcome) -> Void) {
        if candidate?.completion != nil {
            completion(.failed("a takeover is under way already"))
            return
        }
        do throws(SystemError) {
            let candidate = if let standby = self.candidate { standby } else { try launch() }
            candidate.completion = completion
            send(.takeOver(after: after), to: candidate)
        } catch {
            completion(.failed(notStarted(error)))
        }
    }

    /// The program or the folder of its log may be missing.
    private func notStarted(_ error: SystemError) -> String {
        "\(program.path), with its log at \(program.directory.balancerLog): \(error)"
    }

    /// Dismisses the standby. A reigning balancer lives on.
    package func stop() {
        wantsStandby = false
        timer.remove()
        if let candidate { dismiss(candidate) }
    }

    /// The end of this process may be the end of its container, and the kernel kills all processes of a PID namespace
    /// with the first one. Then a balancer that reigns here ends in order before.
    package func leaveContainer(then completion: @escaping () -> Void) {
        let balancers = released.values.filter { $0.candidate != nil }
        guard !balancers.isEmpty, PIDNamespace.endsWithThisProcess else {
            completion()
            return
        }
        log.warning(
            "the balancer that this worker started ends with this container: it finishes its requests, and another worker takes over"
        )
        onAllEnded = completion
        for each in balancers { each.process.terminate() }
    }

    private func startStandbyIfWanted() {
        guard wantsStandby, candidate == nil, holding != nil || isDistant && hasConfiguration else {
            return
        }
        guard loop.now >= calmUntil else {
            timer.set(at: calmUntil)
            return
        }
        do throws(SystemError) {
            _ = try launch()
        } catch {
            log.error("no standby could be started: \(notStarted(error))")
            timer.set(afterMilliseconds: BalancerLauncher.restartMilliseconds)
        }
    }

    /// A balancer of another host has told its options. Without them the ports are not known.
    private var hasConfiguration: Bool { BalancerConfiguration.load(from: program.directory) != nil }

    private func launch() throws(SystemError) -> Candidate {
        let pair = try Socket.pair()
        let arguments =
            (BalancerConfiguration.load(from: program.directory)?.arguments(adding: program.storeOptions) ?? [])
            + [
                "--standby", "--id", program.id.text, "--certs", program.certificates, "--state-dir",
                program.directory.path,
            ]
        let process = try ChildProcess(
            path: program.path, arguments: arguments, channel: pair.theirs,
            log: try program.directory.files.open(StateDirectory.Name.balancerLog, .appendOrMake), on: loop)
        let candidate = Candidate(
            process: process, channel: try MessageChannel(pair.takeOurs(), on: loop),
            ticketKeys: holding?.handover.ticketKeys)
        self.candidate = candidate
        candidate.channel.onMessage = { [unowned self, unowned candidate] line, _ in reported(line, candidate) }
        candidate.channel.onClose = {}
        process.onExit = { [unowned self, unowned candidate] in exited(candidate, status: $0) }
        if let holding {
            send(.hold(holding.handover), to: candidate, holding.listeners.descriptors)
        } else if isDistant {
            send(.prepare, to: candidate)
        }
        log.info("standby started", metadata: ["pid": "\(process.processIdentifier)"])
        return candidate
    }

    private func send(_ command: StandbyCommand, to candidate: Candidate, _ descriptors: [Int32] = []) {
        do throws(SystemError) {
            try candidate.channel.send(JSON.encode(command), descriptors: descriptors)
        } catch {
            // The process has ended or hangs. Its exit cleans up.
            log.warning("the standby does not listen: \(error)")
            candidate.process.kill()
        }
    }

    private func reported(_ line: [UInt8], _ candidate: Candidate) {
        if case .further = JSON.decode(StandbyRequest.self, from: line) {
            candidate.asksForListeners = true
            sendFurther(to: candidate)
        }
        guard let report = JSON.decode(StandbyReport.self, from: line) else { return }
        switch report {
        case .parked:
            candidate.isParked = true
            log.info("standby parked", metadata: ["pid": "\(candidate.process.processIdentifier)"])
        case .accepts(let epoch): noteReign(epoch, of: candidate)
        case .started(let epoch):
            // A program of an earlier version reports only this.
            noteReign(epoch, of: candidate)
            setFree(candidate)
            candidate.completion.take()?(.started(epoch))
        case .held(let holder):
            log.info("the lock is held by \(holder)")
            candidate.isParked = false
            candidate.completion.take()?(.lockHeld)
        case .failed(let reason):
            candidate.isParked = false
            let completion = candidate.completion.take()
            // It has accepted clients, and finishes their requests. It takes no further order.
            if candidate.accepts { setFree(candidate) }
            completion?(.failed(reason))
        case .superseded(let epoch): onSuperseded(epoch)
        }
    }

    private func noteReign(_ epoch: Epoch, of candidate: Candidate) {
        guard !candidate.accepts else { return }
        candidate.accepts = true
        onReign(epoch)
    }

    /// The child reigns and is no standby any more.
    private func setFree(_ candidate: Candidate) {
        holdUntilExit(candidate.process, listeningTo: candidate)
        if self.candidate === candidate { self.candidate = nil }
        calmUntil = loop.now &+ UInt64(BalancerLauncher.calmMilliseconds) &* 1_000_000
        startStandbyIfWanted()
    }

    /// The closure does not capture the process itself, because that would keep it alive forever.
    private func holdUntilExit(_ process: ChildProcess, listeningTo candidate: Candidate?) {
        let number = process.processIdentifier
        released[number] = Released(process: process, candidate: candidate)
        process.onExit = { [unowned self] _ in
            let ended = released.removeValue(forKey: number)
            ended?.candidate?.channel.receiveRest()
        }
    }

    private func exited(_ candidate: Candidate, status: Int32) {
        candidate.channel.receiveRest()
        // Its last report may be that it reigns.
        released[candidate.process.processIdentifier] = nil
        if self.candidate === candidate { self.candidate = nil }
        let completion = candidate.completion.take()
        log.warning("the standby ended", metadata: ["status": "\(status)", "log": "\(program.directory.balancerLog)"])
        completion?(.failed("the balancer process ended with status \(status): see \(program.directory.balancerLog)"))
        if wantsStandby { timer.set(afterMilliseconds: BalancerLauncher.restartMilliseconds) }
    }

    /// The close of its channel ends a parked standby.
    private func dismiss(_ candidate: Candidate) {
        holdUntilExit(candidate.process, listeningTo: nil)
        candidate.channel.close()
        self.candidate = nil
    }
}
