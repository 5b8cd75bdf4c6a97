internal import Sockets

/// Measures how late the loop turns. A loop that stood still (SIGSTOP, a starved machine) must not blame the balancer for its
/// silence.
///
/// Its timer fires at the beginning of a turn, before anything that came during the pause.
final class LagMeter {
    private let loop: EventLoop
    private let timer: LoopTimer
    private var interval: UInt64 = 0
    private var expected: UInt64 = 0

    init(on loop: EventLoop) {
        self.loop = loop
        timer = LoopTimer(on: loop, isPulse: true)
    }

    /// - Parameters:
    ///   - milliseconds: the time between two measurements, 5 to 50 ms. A measured pause can be shorter by this time than the real one.
    ///   - onLateness: called after each measurement with the lateness in milliseconds, if the timer fired late.
    func start(every milliseconds: Int64, onLateness: @escaping (Int64) -> Void) {
        interval = UInt64(min(max(milliseconds, 5), 50)) * 1_000_000
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
        expected = loop.now &+ interval
        timer.set(at: expected)
    }
}
