internal import Sockets

/// Measures how late the loop turns. A loop that stood still (SIGSTOP, a starved machine) must not blame the balancer for its
/// silence.
///
/// Its timer fires at the beginning of a turn, before anything that came during the pause.
final class LagMeter {
    private static let intervalMilliseconds = 50

    private let loop: EventLoop
    private let timer: LoopTimer
    private var expected: UInt64 = 0

    init(on loop: EventLoop) {
        self.loop = loop
        timer = LoopTimer(on: loop, isPulse: true)
    }

    /// - Parameter onLateness: called every 50 ms with the lateness in milliseconds, if the timer fired late.
    func start(onLateness: @escaping (Int64) -> Void) {
        timer.action = { [unowned self] in
            if loop.now > expected { onLateness(Int64((loop.now - expected) / 1_000_000)) }
            schedule()
        }
        schedule()
    }

    func stop() {
        timer.remove()
    }

    private func schedule() {
        expected = loop.now &+ UInt64(LagMeter.intervalMilliseconds) &* 1_000_000
        timer.set(at: expected)
    }
}
