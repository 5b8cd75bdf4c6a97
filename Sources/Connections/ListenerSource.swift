internal import Sockets

/// One loop's source for a listening socket that all loops watch.
final class ListenerSource: EventSource {
    /// Few enough for other sources to have their turn, and enough that new connections do not time out in the kernel's
    /// queue.
    private static let acceptsPerTurn = 32

    private let descriptor: Int32
    private unowned let server: Server
    private let watch: ListenerWatch

    init(descriptor: Int32, server: Server) {
        self.descriptor = descriptor
        self.server = server
        watch = ListenerWatch(of: descriptor, for: [.readable, .exclusive], on: server.loop)
        super.init()
    }

    func start() throws(SystemError) { try watch.start(self) }

    override func ready(_ readiness: Readiness) {
        for number in 0..<ListenerSource.acceptsPerTurn {
            guard server.hasRoomForArrivals else {
                return watch.pause(milliseconds: PendingConnection.Arrivals.graceMilliseconds)
            }
            guard server.reserveSlot() else {
                // After the last free slot was used, only the next turn shows whether a connection waits.
                if number == 0 {
                    server.noteFull()
                    watch.pause()
                }
                return
            }
            do throws(SystemError) {
                guard let accepted = try Socket.accept(descriptor) else {
                    server.releaseSlot()
                    return
                }
                let peer = accepted.peer?.host ?? ""
                server.accept(accepted.take(), peerHost: peer)
            } catch {
                // EMFILE, ENFILE, ENOBUFS, ENOMEM: a resource is exhausted. The connection waits in the queue.
                server.releaseSlot()
                watch.pause()
                return
            }
        }
    }

    /// A connection of this loop has closed: there may be room again.
    func slotFreed() { watch.resume() }

    func stop() { watch.stop() }
}
