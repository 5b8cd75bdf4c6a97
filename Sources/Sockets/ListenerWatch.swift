/// The watch of a listening socket, with pauses.
///
/// A connection that can't be accepted for want of descriptors, memory or room stays in the kernel's queue. The kernel then
/// reports the listener in every turn. So the loop does not watch it for a while.
package final class ListenerWatch {
    /// The length of a pause, unless the owner knows better.
    package static let pauseMilliseconds = 100

    private let descriptor: Int32
    private let interest: Readiness
    private let loop: EventLoop
    private let timer: LoopTimer
    private weak var source: EventSource?
    private var isPaused = false

    /// - Parameter descriptor: stays the caller's, and open until `stop`.
    package init(of descriptor: Int32, for interest: Readiness = .readable, on loop: EventLoop) {
        self.descriptor = descriptor
        self.interest = interest
        self.loop = loop
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in resume() }
    }

    package func start(_ source: EventSource) throws(SystemError) {
        try loop.watch(source, descriptor: descriptor, for: interest)
        self.source = source
    }

    package func pause(milliseconds: Int = ListenerWatch.pauseMilliseconds) {
        guard !isPaused, let source else { return }
        isPaused = true
        // EPOLLEXCLUSIVE can't be modified (epoll_ctl(2)): remove the descriptor and add it again.
        loop.unwatch(source)
        timer.set(afterMilliseconds: milliseconds)
    }

    /// Ends a pause early: there may be room again.
    package func resume() {
        guard isPaused, let source else { return }
        do throws(SystemError) {
            try loop.watch(source, descriptor: descriptor, for: interest)
            isPaused = false
        } catch {
            timer.set(afterMilliseconds: ListenerWatch.pauseMilliseconds)
        }
    }

    package func stop() {
        timer.remove()
        if let source { loop.unwatch(source) }
        isPaused = false
    }
}
