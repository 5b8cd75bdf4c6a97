/// The time limit for a peer to take the output that waits for it.
struct OutputClock {
    static let never = UInt64.max

    private var deadline: MinimumRateDeadline
    private var isRunning = false

    init(_ deadline: MinimumRateDeadline) {
        self.deadline = deadline
    }

    /// The time at which the peer is late, in nanoseconds of the loop's clock; `never` while no output waits.
    var lateAt: UInt64 { isRunning ? deadline.instant : OutputClock.never }

    /// Output has begun to wait.
    mutating func start(now: UInt64) {
        guard !isRunning else { return }
        restart(now: now)
    }

    /// Gives the peer its whole time.
    mutating func restart(now: UInt64) {
        isRunning = true
        deadline.restart(now: now)
    }

    /// The peer has taken bytes, and others wait.
    mutating func moved(_ count: Int, now: UInt64) { deadline.moved(count, now: now) }

    /// No output waits.
    mutating func stop() { isRunning = false }
}
