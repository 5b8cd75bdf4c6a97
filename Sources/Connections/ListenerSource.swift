private import Glibc
internal import Sockets

/// One loop's eye on a listening socket that all loops watch.
final class ListenerSource: EventSource {
    /// Others have their turn in between; and few enough that newcomers of a crowd don't give up in the kernel's queue.
    private static let acceptsPerTurn = 32
    /// How long a loop leaves the listener alone when descriptors or slots have run out: it must not spin.
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
            guard server.reserveSlot() else {
                // After the last free slot has been taken only the next turn tells whether somebody waits.
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
                // EMFILE, ENFILE, ENOBUFS, ENOMEM: out of something; the connection waits in the queue.
                server.releaseSlot()
                pause()
                return
            }
        }
    }

    private func pause() {
        guard !isPaused else { return }
        isPaused = true
        // EPOLLEXCLUSIVE can't be modified (epoll_ctl(2)): leave and come back.
        server.loop.unwatch(self)
        timer.set(afterMilliseconds: ListenerSource.pauseMilliseconds)
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

    /// A connection of this loop has gone: there may be room again.
    func slotFreed() {
        if isPaused { resume() }
    }

    func stop() {
        timer.remove()
        server.loop.unwatch(self)
        isPaused = false
    }
}
