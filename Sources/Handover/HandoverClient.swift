package import Cluster
package import Logging
package import Sockets
package import Storage

/// The worker's side of the handover. It holds duplicates of the balancer's listeners and never accepts from them. It
/// detects the balancer's death within a millisecond.
package final class HandoverClient {
    /// The data received from the present or the last balancer.
    package struct Holding {
        package let listeners: Listeners
        package let handover: Handover
        package fileprivate(set) var further: [FurtherListener] = []
    }

    package private(set) var holding: Holding?
    /// The id of this worker.
    package var id: NodeID?
    /// Called after listeners were received.
    package var onReceived: (Holding) -> Void = { _ in }
    /// Called after further listeners were received.
    package var onReceivedFurther: (Holding) -> Void = { _ in }
    /// Called when the present balancer reports that a replacement reigns, with the replacement's epoch.
    package var onSucceeded: (Epoch) -> Void = { _ in }
    /// Called when the channel to the process of the listeners has closed, with its epoch; nil if this worker holds
    /// none of its listeners.
    package var onGone: (Epoch?) -> Void = { _ in }
    /// Called for each sign of life of that process.
    package var onAlive: () -> Void = {}
    /// Called when that process reports a balancer with this higher epoch elsewhere.
    package var onSuperseded: (Epoch) -> Void = { _ in }

    private static let aliveLine = JSON.encode(HandoverNotice.alive)
    private static let retryMilliseconds = 100
    /// A successor usually appears within 10 ms after the end of a balancer. Until this worker finds it, the worker
    /// could miss or misread its death or its replacement.
    private static let eagerMilliseconds = 5
    private static let eagerAttempts = 40

    private let loop: EventLoop
    private let directory: StateDirectory
    private let log: Logger
    private let timer: LoopTimer
    private var channel: MessageChannel?
    private var process: PinnedProcess?
    private var hasNotedReach = false
    private var isStopped = false
    private var eagerAttemptsLeft = 0
    private var isLeaving = false

    package init(loop: EventLoop, directory: StateDirectory, log: Logger) {
        self.loop = loop
        self.log = log
        self.directory = directory
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in connect() }
    }

    /// Connects as soon as there is a balancer on this host, and again after each has ended.
    package func start() { connect() }

    /// This worker ends: it starts no successor. A balancer that ends at the same time need not wait for one.
    package func leave() {
        isLeaving = true
        try? channel?.send(JSON.encode(HandoverRequest.leaves))
    }

    package func stop() {
        isStopped = true
        timer.remove()
        channel?.close()
        channel = nil
    }

    /// Closes the listeners. While this process holds them, clients wait at the ports of this host.
    package func release() {
        holding = nil
    }

    /// The result of `killHolder`.
    package enum Kill {
        case killed
        /// The balancer lives and runs in another PID namespace. It still holds the lock.
        case outOfReach
        /// This worker is connected to no such balancer.
        case noHolder
    }

    /// Kills the balancer at the other end of the channel if it reigns under `epoch` or an earlier one.
    package func killHolder(notAfter epoch: Epoch) -> Kill {
        guard channel != nil, let process, let holding, holding.handover.epoch <= epoch else { return .noHolder }
        return process.kill() ? .killed : .outOfReach
    }

    private func connect() {
        guard !isStopped, channel == nil else { return }
        do throws(SystemError) {
            guard let peer = try HandoverSocket.connect(in: directory) else {
                retry()
                return
            }
            let process = try PinnedProcess(peer.process)
            let channel = try MessageChannel(peer.take(), on: loop)
            self.channel = channel
            channel.onMessage = { [unowned self] in received($0, $1, from: process) }
            channel.onClose = { [unowned self] in gone() }
        } catch {
            // There is no balancer on this host yet: the socket is missing or dead.
            retry()
        }
    }

    private func received(_ line: [UInt8], _ descriptors: [ReceivedDescriptor], from process: PinnedProcess) {
        if descriptors.isEmpty, line == HandoverClient.aliveLine {
            onAlive()
            return
        }
        if descriptors.isEmpty, let notice = JSON.decode(HandoverNotice.self, from: line) {
            switch notice {
            case .succeeded(let epoch): onSucceeded(epoch)
            case .superseded(let epoch): onSuperseded(epoch)
            case .yielded, .refused, .alive, .further: break
            }
            return
        }
        if case .further(let names) = JSON.decode(HandoverNotice.self, from: line) {
            let listeners = FurtherListener.received(names, descriptors)
            guard var holding else { return }
            holding.further = listeners
            self.holding = holding
            onReceivedFurther(holding)
            return
        }
        guard let listeners = Listeners(received: descriptors), let handover = JSON.decode(Handover.self, from: line)
        else {
            log.warning("the balancer's handover message is malformed: ignored")
            return
        }
        let holding = Holding(listeners: listeners, handover: handover)
        self.holding = holding
        self.process = process
        if !process.isInReach { noteReach() }
        try? channel?.send(JSON.encode(HandoverRequest.attend))
        if handover.offersFurther { try? channel?.send(JSON.encode(HandoverRequest.further)) }
        if let id, !isLeaving { try? channel?.send(JSON.encode(HandoverRequest.member(id))) }
        onReceived(holding)
    }

    /// Everything else works without process numbers, so an operator has to know only this, once.
    private func noteReach() {
        guard !hasNotedReach else { return }
        hasNotedReach = true
        log.warning(
            "the balancer runs in another PID namespace: this worker takes over when it ends, but can't kill it when it hangs. Let the balancer's container end on a failed health check, or let the containers share a PID namespace"
        )
    }

    private func gone() {
        channel = nil
        eagerAttemptsLeft = HandoverClient.eagerAttempts
        retry()
        onGone(holding?.handover.epoch)
    }

    private func retry() {
        let isEager = eagerAttemptsLeft > 0
        eagerAttemptsLeft -= isEager ? 1 : 0
        timer.set(afterMilliseconds: isEager ? HandoverClient.eagerMilliseconds : HandoverClient.retryMilliseconds)
    }
}
