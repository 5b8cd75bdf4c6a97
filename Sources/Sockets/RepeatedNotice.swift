/// Limits a line of the log about a lasting trouble: at most one a minute.
package struct RepeatedNotice {
    private static let intervalNanoseconds: UInt64 = 60_000_000_000

    private var last: UInt64?

    package init() {}

    /// Returns whether the log gets the line now.
    ///
    /// - Parameter now: monotonic nanoseconds.
    package mutating func isDue(at now: UInt64) -> Bool {
        if let last, now < last &+ RepeatedNotice.intervalNanoseconds { return false }
        last = now
        return true
    }
}
