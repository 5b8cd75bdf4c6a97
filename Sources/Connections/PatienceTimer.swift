internal import Sockets

/// Runs the time limit of an upstream's next step on one timer.
struct PatienceTimer {
    private let timer: LoopTimer
    private let limits: UpstreamLimits
    /// The limit that the timer runs for; nil while it runs for something else.
    private var patience: ClientExchange.Patience?

    /// Called when the time is over.
    var action: () -> Void {
        get { timer.action }
        nonmutating set { timer.action = newValue }
    }

    init(on loop: EventLoop, limits: UpstreamLimits) {
        timer = LoopTimer(on: loop)
        self.limits = limits
    }

    /// Gives the upstream its time for the next step.
    ///
    /// - Parameter hasMoved: bytes have moved, so the time begins anew. The time until the response does not.
    mutating func allow(_ next: ClientExchange.Patience, hasMoved: Bool) {
        guard next != patience || (hasMoved && next != .response) else { return }
        patience = next
        if let milliseconds = limits.milliseconds(next) {
            timer.set(afterMilliseconds: milliseconds)
        } else {
            timer.cancel()
        }
    }

    /// Starts the time that a connection may be idle.
    mutating func becomeIdle() {
        patience = nil
        timer.set(afterMilliseconds: limits.idleMilliseconds)
    }

    /// Fires in the next turn.
    mutating func fireNextTurn(now: UInt64) {
        patience = nil
        timer.set(at: now &+ 1)
    }

    mutating func cancel() {
        patience = nil
        timer.cancel()
    }

    func remove() { timer.remove() }
}
