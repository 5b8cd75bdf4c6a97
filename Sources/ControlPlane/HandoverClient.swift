package import Cluster
package import Logging
package import Sockets

/// A worker's side of the handover: holds dups of the balancer's listeners, never accepting from them, and learns of
/// the balancer's death within a millisecond.
package final class HandoverClient {
    /// What is held of the present (or the last) balancer.
    package struct Holding {
        package let listeners: Listeners
        package let handover: Handover
    }

    package private(set) var holding: Holding?
    /// Called when listeners have been received.
    package var onReceived: (Holding) -> Void = { _ in }
    /// Called when the present balancer says that a replacement reigns, under this epoch.
    package var onSucceeded: (Epoch) -> Void = { _ in }
    /// Called when the process that handed them over has gone, with its epoch.
    package var onGone: (Epoch) -> Void = { _ in }

    /// Called when it says that a balancer of this higher epoch reigns elsewhere.
    package var onSuperseded: (Epoch) -> Void = { _ in }

    private static let retryMilliseconds = 100
    /// After the end of a balancer its successor is there within some 10 ms, as a rule; until it is found, its death or
    /// its replacement would be seen later, or mistaken.
    private static let eagerMilliseconds = 5
    private static let eagerAttempts = 40

    private let loop: EventLoop
    private let path: String
    private let log: Logger
    private let timer: LoopTimer
    private var channel: MessageChannel?
    private var process: ProcessHandleBox?
    private var isStopped = false
    private var eagerAttemptsLeft = 0

    package init(loop: EventLoop, directory: StateDirectory, log: Logger) {
        self.loop = loop
        self.log = log
        path = directory.handoverSocket
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in connect() }
    }

    /// Connects as soon as there is a balancer on this host, and again whenever one has gone.
    package func start() { connect() }

    package func stop() {
        isStopped = true
        timer.remove()
        channel?.close()
        channel = nil
    }

    /// Lets go of the listeners: as long as they are held, clients wait at the ports of this host.
    package func release() {
        holding = nil
    }

    /// Ends the balancer that handed over the held listeners, if it reigns under `epoch` or an earlier one; false
    /// when there is none such.
    package func killHolder(notAfter epoch: Epoch) -> Bool {
        guard let process, let holding, holding.handover.epoch <= epoch else { return false }
        return (try? process.handle.kill()) != nil
    }

    private func connect() {
        guard !isStopped, channel == nil, let address = SocketAddress(unixPath: path) else { return }
        do throws(SystemError) {
            let begun = try Socket.connect(to: address)
            guard begun.isConnected else {
                retry()
                return
            }
            let socket = begun.take()
            let peer = try DescriptorPassing.peer(of: socket.rawValue)
            let process = ProcessHandleBox(try ProcessHandle(processIdentifier: peer.process))
            let channel = try MessageChannel(socket, on: loop)
            self.channel = channel
            channel.onMessage = { [unowned self] in received($0, $1, from: process) }
            channel.onClose = { [unowned self] in gone() }
        } catch {
            // No balancer on this host (yet): the directory has no socket, or a dead one.
            retry()
        }
    }

    private func received(_ line: [UInt8], _ descriptors: [Int32], from process: ProcessHandleBox) {
        if descriptors.isEmpty, let notice = JSON.decode(HandoverNotice.self, from: line) {
            switch notice {
            case .succeeded(let epoch): onSucceeded(epoch)
            case .superseded(let epoch): onSuperseded(epoch)
            case .yielded, .refused: break
            }
            return
        }
        guard let listeners = Listeners(received: descriptors), let handover = JSON.decode(Handover.self, from: line)
        else {
            log.warning("the balancer's handover is not understood: ignored")
            return
        }
        let holding = Holding(listeners: listeners, handover: handover)
        self.holding = holding
        self.process = process
        onReceived(holding)
    }

    private func gone() {
        channel = nil
        eagerAttemptsLeft = HandoverClient.eagerAttempts
        retry()
        if let holding { onGone(holding.handover.epoch) }
    }

    private func retry() {
        let isEager = eagerAttemptsLeft > 0
        eagerAttemptsLeft -= isEager ? 1 : 0
        timer.set(afterMilliseconds: isEager ? HandoverClient.eagerMilliseconds : HandoverClient.retryMilliseconds)
    }

    private final class ProcessHandleBox {
        let handle: ProcessHandle

        init(_ handle: consuming ProcessHandle) { self.handle = handle }
    }
}
