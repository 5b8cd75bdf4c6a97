package import Cluster
private import Glibc
package import Logging
package import Sockets
package import Storage

/// Gives the balancer's listeners to the workers of this host, over a unix socket in the state directory.
///
/// A worker keeps its connection open. The end of the connection reveals the end of this process at once. Over the open
/// connection the control loop sends a sign of life at a fixed interval. A worker that receives it does not take this
/// process for hung.
package final class HandoverServer: EventSource {
    private let loop: EventLoop
    private var socket: FileDescriptor?
    private let watch: ListenerWatch
    private let accept: (_ listener: Int32) throws(SystemError) -> Socket.Accepted?
    private var failureNotice = RepeatedNotice()
    /// Released at the end of the reign, so that this process no longer holds the ports.
    private var listeners: Listeners?
    private var further: [FurtherListener] = []
    private let handover: Handover
    private let log: Logger
    /// By their channels. After `close` a peer stays, without its channel: what it has said still counts.
    private var peers: [ObjectIdentifier: Peer] = [:]
    private let timer: LoopTimer
    private let aliveMilliseconds: Int
    private static let aliveLine = JSON.encode(HandoverNotice.alive)
    private let maximumPeers: Int
    private var isClosed = false
    /// The most connections accepted in one turn of the loop.
    private static let acceptsPerTurn = 16
    /// A worker of this host may start a successor.
    package var hasMembers: Bool { peers.values.contains { $0.member != nil && !$0.isLeaving } }
    /// Called when a worker has received the handover, and when its connection has closed.
    package var onMember: (_ id: NodeID, _ isThere: Bool) -> Void = { _, _ in }
    /// Called when the last worker that could start a successor says that it ends, also after `close`.
    package var onDeserted: () -> Void = {}
    /// Called when a new balancer process requests the reign; once for each channel.
    package var onReplace: (_ channel: MessageChannel, _ process: PeerProcess) -> Void = { _, _ in }
    /// Called when the channel of a process that requested the reign has closed, also after `close`.
    package var onAskerGone: (_ channel: MessageChannel) -> Void = { _ in }
    /// Called when that process reports that it reigns.
    package var onReigns: (_ channel: MessageChannel, _ epoch: Epoch) -> Void = { _, _ in }

    /// A process at the other end of a channel.
    private struct Peer {
        var channel: MessageChannel?
        /// It requested the reign.
        var asksForReign = false
        /// It requested signs of life.
        var attends = false
        /// It requested further listeners.
        var asksForFurther = false
        /// The worker, after it has named itself.
        var member: NodeID?
        /// The worker ends.
        var isLeaving = false
    }

    /// Replaces the socket of a predecessor. Only the holder of the lock calls this.
    ///
    /// - Parameters:
    ///   - aliveMilliseconds: the interval of signs of life.
    ///   - maximumPeers: the most connections; by default far more than a host has workers.
    ///   - accept: accepts the next connection.
    package init(
        loop: EventLoop, directory: StateDirectory, listeners: Listeners, handover: Handover, aliveMilliseconds: Int,
        maximumPeers: Int = 1024, log: Logger,
        accept: @escaping (_ listener: Int32) throws(SystemError) -> Socket.Accepted? = Socket.accept
    ) throws(SystemError) {
        self.loop = loop
        self.aliveMilliseconds = aliveMilliseconds
        self.maximumPeers = maximumPeers
        timer = LoopTimer(on: loop, isPulse: true)
        self.listeners = listeners
        self.handover = handover
        self.log = log
        let socket = try HandoverSocket.listen(in: directory)
        watch = ListenerWatch(of: socket.rawValue, on: loop)
        self.accept = accept
        self.socket = consume socket
        super.init()
        try watch.start(self)
        timer.action = { [unowned self] in showLife() }
        timer.set(afterMilliseconds: aliveMilliseconds)
    }

    /// A peer whose socket is full gets none: it has older signs of life to read.
    private func showLife() {
        timer.set(afterMilliseconds: aliveMilliseconds)
        for peer in peers.values where peer.attends { try? peer.channel?.send(HandoverServer.aliveLine) }
    }

    package override func ready(_ readiness: Readiness) {
        for _ in 0..<HandoverServer.acceptsPerTurn {
            guard let descriptor = socket?.rawValue else { return }
            do throws(SystemError) {
                guard let accepted = try accept(descriptor) else { return }
                serve(accepted.take())
            } catch {
                // EMFILE, ENFILE, ENOBUFS, ENOMEM: a resource is exhausted. The connection waits in the queue.
                watch.pause()
                if failureNotice.isDue(at: loop.now) {
                    log.warning("workers that request the listeners have to wait: \(error)")
                }
                return
            }
        }
    }

    private func serve(_ connection: consuming FileDescriptor) {
        // A peer that has gone already has no credentials.
        guard let peer = try? DescriptorPassing.peer(of: connection.rawValue) else { return }
        do throws(SystemError) {
            try serve(connection, peer)
        } catch {
            // A worker that fails tries again ten times a second.
            log.warning(
                "a worker could not be handed the listeners: \(error)", metadata: ["peer": "\(peer.process)"])
        }
    }

    private func serve(
        _ connection: consuming FileDescriptor, _ peer: (process: PeerProcess, user: UInt32)
    ) throws(SystemError) {
        guard peer.user == geteuid() else {
            log.warning(
                "\(peer.process) requested the listeners: refused", metadata: ["peer": "user \(peer.user)"])
            return
        }
        guard let listeners else { return }
        guard peers.count < maximumPeers else {
            log.warning(
                "\(peer.process) requested the listeners, but too many processes have them: refused",
                metadata: ["peer": "user \(peer.user)"])
            return
        }
        let channel = try MessageChannel(connection, on: loop)
        try channel.send(JSON.encode(handover), descriptors: listeners.descriptors)
        peers[ObjectIdentifier(channel)] = Peer(channel: channel)
        channel.onClose = { [weak self, unowned channel] in self?.forget(channel) }
        channel.onMessage = { [weak self, unowned channel] line, _ in
            self?.received(JSON.decode(HandoverRequest.self, from: line), from: channel, of: peer.process)
        }
    }

    private func received(_ request: HandoverRequest?, from channel: MessageChannel, of process: PeerProcess) {
        let key = ObjectIdentifier(channel)
        switch request {
        case .leaves:
            guard let peer = peers[key], peer.member != nil, !peer.isLeaving else { return }
            peers[key]?.isLeaving = true
            if !hasMembers { onDeserted() }
        case _ where isClosed: return
        case .replace:
            // Each request costs a pidfd, and a process has no reason to ask twice.
            guard peers[key]?.asksForReign == false else {
                try? channel.send(JSON.encode(HandoverNotice.refused("it has asked before")))
                return
            }
            peers[key]?.asksForReign = true
            onReplace(channel, process)
        case .reigns(let epoch): onReigns(channel, epoch)
        case .attend: peers[key]?.attends = true
        case .further:
            peers[key]?.asksForFurther = true
            sendFurther(to: channel)
        case .member(let id):
            // One connection belongs to one worker.
            guard let peer = peers[key], peer.member == nil else { return }
            peers[key]?.member = id
            onMember(id, true)
        case nil:
            log.warning("sent an unknown request: ignored", metadata: ["peer": "\(process)"])
        }
    }

    /// Gives another listener to the peers that asked, and to those that ask later.
    package func add(_ listener: FurtherListener) {
        guard !isClosed else { return }
        further.append(listener)
        for peer in peers.values where peer.asksForFurther {
            if let channel = peer.channel { sendFurther(to: channel) }
        }
    }

    /// A peer whose socket is full binds the addresses itself.
    private func sendFurther(to channel: MessageChannel) {
        guard !further.isEmpty else { return }
        try? channel.send(JSON.encode(HandoverNotice.further(further.names)), descriptors: further.descriptors)
    }

    private func forget(_ channel: MessageChannel) {
        let key = ObjectIdentifier(channel)
        let asksForReign = peers[key]?.asksForReign == true
        defer { if asksForReign { onAskerGone(channel) } }
        guard !isClosed else {
            // After the end a worker closes its connection in any case. It may start a successor then.
            peers[key]?.channel = nil
            return
        }
        if let id = peers.removeValue(forKey: key)?.member { onMember(id, false) }
    }

    /// Tells all peers except `successor` that a replacement reigns, so that they do not take the end of this process
    /// for a death.
    package func announce(successor epoch: Epoch, besides successor: MessageChannel) {
        announce(.succeeded(epoch), besides: successor)
    }

    package func announce(_ notice: HandoverNotice, besides successor: MessageChannel? = nil) {
        let line = JSON.encode(notice)
        for peer in peers.values where peer.channel !== successor { try? peer.channel?.send(line) }
    }

    /// To the workers this process has then ended. What they have said before still arrives: a worker that got its signal
    /// together with this process says that it starts no successor.
    package func close() {
        isClosed = true
        timer.remove()
        watch.stop()
        socket = nil
        listeners = nil
        further = []
        for peer in peers.values { peer.channel?.finishSending() }
    }
}
