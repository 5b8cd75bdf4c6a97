internal import Sockets

/// The end of a connection whose own direction has ended. The peer may still send, and still has to take the last
/// bytes.
///
/// If a connection closes while input is unread, the kernel resets it, and the reset destroys the last bytes. So the
/// input is read and dropped: until the peer ends its side, or is silent for a time, or has had a total time, or has
/// sent too many bytes.
struct Linger {
    enum Step {
        /// Ask again after the linger time.
        case wait
        /// The peer has everything.
        case close
        /// The peer takes the last bytes too slowly.
        case reset
    }

    /// The end of the time in which input extends the wait, in nanoseconds of the loop's clock.
    private var endsAt: UInt64 = 0
    private var swallowedBytes = 0
    private var delivery: Delivery?

    /// Begins the wait.
    ///
    /// - Parameters:
    ///   - endsAt: the end of the total time.
    ///   - swallowedBytes: unwanted input that was read before.
    mutating func begin(endsAt: UInt64, swallowedBytes: Int) {
        self.endsAt = endsAt
        self.swallowedBytes += swallowedBytes
    }

    /// The end of the wait if no more input arrives; nil if input extends the wait no more.
    ///
    /// - Parameter silence: the longest silence of the peer, in nanoseconds.
    func deadline(silence: UInt64, now: UInt64) -> UInt64? { now < endsAt ? min(endsAt, now &+ silence) : nil }

    /// Counts unwanted input; false if its total exceeds `limit`.
    mutating func swallow(_ count: Int, atMost limit: Int) -> Bool {
        swallowedBytes += count
        return swallowedBytes <= limit
    }

    /// The linger time has ended once more.
    ///
    /// - Parameter progress: bounds the time in which the peer takes the last bytes.
    mutating func timedOut(undelivered: Int, progress: MinimumRateDeadline, now: UInt64) -> Step {
        guard undelivered > 0 else { return .close }
        var current = delivery ?? Delivery(progress)
        let isLate = current.record(undelivered: undelivered, now: now)
        delivery = current
        return isLate ? .reset : .wait
    }
}
