package import Cluster
private import Glibc
package import Logging
package import Sockets

/// Hands the balancer's listeners to the workers of this host that ask for them, over a unix socket in the state
/// directory.
///
/// A worker keeps its connection open: its end tells the worker at once that this process is gone.
package final class HandoverServer: EventSource {
    private let loop: EventLoop
    private let path: String
    private var socket: FileDescriptor?
    /// Let go of when the reign ends, so that this process no longer holds the ports.
    private var listeners: Listeners?
    private let handover: Handover
    private let log: Logger
    private var peers: [ObjectIdentifier: MessageChannel] = [:]
    /// Called when a new balancer process asks for the reign.
    package var onReplace: (_ channel: MessageChannel, _ process: Int32) -> Void = { _, _ in }
    /// Called when it says that it has it.
    package var onReigns: (_ channel: MessageChannel, _ epoch: Epoch) -> Void = { _, _ in }

    /// Replaces a socket that a predecessor left: only the holder of the lock comes here.
    package init(
        loop: EventLoop, directory: StateDirectory, listeners: Listeners, handover: Handover, log: Logger
    ) throws(SystemError) {
        self.loop = loop
        self.listeners = listeners
        self.handover = handover
        self.log = log
        path = directory.handoverSocket
        guard let address = SocketAddress(unixPath: path) else { throw SystemError("bind", code: ENAMETOOLONG) }
        unlink(path)
        let socket = try Socket.listen(on: address)
        let descriptor = socket.rawValue
        self.socket = consume socket
        super.init()
        try loop.watch(self, descriptor: descriptor, for: .readable)
    }

    package override func ready(_ readiness: Readiness) {
        while let descriptor = socket?.rawValue {
            do throws(SystemError) {
                guard let accepted = try Socket.accept(descriptor) else { return }
                try serve(accepted.take())
            } catch {
                log.warning("a worker could not be handed the listeners: \(error)")
                return
            }
        }
    }

    private func serve(_ connection: consuming FileDescriptor) throws(SystemError) {
        let peer = try DescriptorPassing.peer(of: connection.rawValue)
        guard peer.user == geteuid() else {
            log.warning("process \(peer.process) of user \(peer.user) asked for the listeners: refused")
            return
        }
        guard let listeners else { return }
        let channel = try MessageChannel(connection, on: loop)
        try channel.send(JSON.encode(handover), descriptors: listeners.descriptors)
        peers[ObjectIdentifier(channel)] = channel
        channel.onClose = { [unowned self, unowned channel] in peers[ObjectIdentifier(channel)] = nil }
        channel.onMessage = { [unowned self, unowned channel] line, descriptors in
            // Nobody has anything to hand to us.
            for descriptor in descriptors { _ = FileDescriptor(owning: descriptor) }
            switch JSON.decode(HandoverRequest.self, from: line) {
            case .replace: onReplace(channel, peer.process)
            case .reigns(let epoch): onReigns(channel, epoch)
            case nil: log.warning("process \(peer.process) asked for something that is not understood: ignored")
            }
        }
    }

    /// Tells everybody but the one at `heir` that the reign has gone over in order: the end of this process is no death.
    package func announce(successor epoch: Epoch, besides heir: MessageChannel) {
        announce(.succeeded(epoch), besides: heir)
    }

    package func announce(_ notice: HandoverNotice, besides heir: MessageChannel? = nil) {
        let line = JSON.encode(notice)
        for channel in peers.values where channel !== heir { try? channel.send(line) }
    }

    /// Ends every connection: to the workers this process is gone.
    package func close() {
        loop.unwatch(self)
        socket = nil
        listeners = nil
        for channel in peers.values { channel.close() }
        peers = [:]
    }
}
