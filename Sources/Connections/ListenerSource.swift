private import Glibc
internal import Sockets

/// One loop's source for a listening socket that all loops watch.
final class ListenerSource: EventSource {
    /// Few enough for other sources to have their turn, and enough that new connections do not time out in the kernel's
    /// queue.
    private static let acceptsPerTurn = 32
    /// The time that a loop does not watch the listener without descriptors or slots: it must not spin.
    private static let pauseMilliseconds = 100

    private let descriptor: Int32
    private unowned let server: Server
    private let timer: LoopTimer
    private var isPaused = false

    init(descriptor: Int32, server: Server) {
        self.descriptor = descriptor
        self.server = server
        timer = LoopTimer(on: server.loop)
        super.init()
        timer.action = { [unowned self] in resume() }
    }

    override func ready(_ readiness: Readiness) {
        for number in 0..<ListenerSource.acceptsPerTurn {
            guard server.hasRoomForArrivals else {
                return pause(milliseconds: PendingConnection.Arrivals.graceMilliseconds)
            }
            guard server.reserveSlot() else {
                // After the last free slot was used, only the next turn shows whether a connection waits.
                if number == 0 {
                    server.noteFull()
                    pause()
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
                pause()
                return
            }
        }
    }

    private func pause(milliseconds: Int = ListenerSource.pauseMilliseconds) {
        guard !isPaused else { return }
        isPaused = true
        // EPOLLEXCLUSIVE can't be modified (epoll_ctl(2)): remove the descriptor and add it again.
        server.loop.unwatch(self)
        timer.set(afterMilliseconds: milliseconds)
    }

    private func resume() {
        guard isPaused else { return }
        do throws(SystemError) {
            try server.loop.watch(self, descriptor: descriptor, for: [.readable, .exclusive])
            isPaused = false
        } catch {
            timer.set(afterMilliseconds: ListenerSource.pauseMilliseconds)
        }
    }

    /// A connection of this loop has closed: there may be room again.
    func slotFreed() {
        if isPaused { resume() }
    }

    func stop() {
        timer.remove()
        server.loop.unwatch(self)
        isPaused = false
    }
}
