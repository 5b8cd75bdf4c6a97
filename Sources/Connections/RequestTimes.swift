/// The parts of a request's time, in nanoseconds of the loop's monotonic clock.
package struct RequestTimes: Sendable {
    /// Waits for a worker, or for a successor's epoch, all together.
    package private(set) var queue: UInt64 = 0
    /// Waits for new connections to upstreams, all together. 0 if every connection was open already.
    package private(set) var connect: UInt64 = 0
    /// The beginning of the response; nil before it.
    package private(set) var firstByteAt: UInt64?
    private var waitsSince: UInt64?
    private var sentAt: UInt64 = 0

    init() {}

    mutating func waits(now: UInt64) {
        if waitsSince == nil { waitsSince = now }
    }

    mutating func sent(now: UInt64) {
        endWait(now: now)
        sentAt = now
    }

    mutating func connected(now: UInt64) { connect &+= now &- sentAt }

    mutating func responseBegan(now: UInt64) {
        endWait(now: now)
        firstByteAt = now
    }

    private mutating func endWait(now: UInt64) {
        if let since = waitsSince.take() { queue &+= now &- since }
    }
}
