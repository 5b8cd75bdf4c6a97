internal import Cluster
internal import Sockets

/// Limits the probes that need a new connection. The others wait in order.
///
/// If many workers have lost their connections at once, simultaneous handshakes with all of them would take longer than
/// a probe may. All probes would fail and start again.
final class ProbeLimiter: EventSource {
    /// Each costs a millisecond or two of the control loop. This number finishes before the timeout of a probe.
    private static let count = 256

    /// An unreachable host costs the loop nothing. After this time its permit goes to another probe.
    private static let milliseconds = 250

    /// The right to open a connection. It is returned when its last reference is released, after any end of the probe,
    /// or earlier if the host is unreachable. A handshake in progress keeps it, because otherwise more and more
    /// handshakes would delay each other.
    final class Permit {
        /// Returns whether the host has been reached.
        var isReached: () -> Bool = { false }

        private let timer: LoopTimer
        /// Nil after it was returned.
        private var places: ProbeLimiter?

        fileprivate init(of places: ProbeLimiter) {
            self.places = places
            places.taken += 1
            timer = LoopTimer(on: places.loop)
            timer.action = { [unowned self] in if !isReached() { giveBack() } }
            timer.set(afterMilliseconds: ProbeLimiter.milliseconds)
        }

        deinit {
            timer.remove()
            giveBack()
        }

        private func giveBack() {
            places.take()?.givenBack()
        }
    }

    /// Called for each waiting probe when it gets a permit.
    var onPlace: (WorkerRecord, Permit) -> Void = { _, _ in }

    private let loop: EventLoop
    private var taken = 0
    private var waiting = FIFO<WorkerRecord>()

    init(on loop: EventLoop) {
        self.loop = loop
    }

    /// Calls `onPlace` for the record, now or when there is a permit.
    func take(for record: WorkerRecord) {
        if taken < ProbeLimiter.count && waiting.isEmpty {
            onPlace(record, Permit(of: self))
        } else {
            waiting.append(record)
        }
    }

    private func givenBack() {
        taken -= 1
        if !waiting.isEmpty { loop.callAtEndOfTurn(self) }
    }

    override func endOfTurn() {
        while taken < ProbeLimiter.count, let record = waiting.popFirst() { onPlace(record, Permit(of: self)) }
    }
}
