/// Watches how fast a client takes the last bytes of a connection, which the kernel still holds.
///
/// The minimum rate of any output applies. If the connection closed earlier, the kernel would deliver without any limit.
struct Delivery {
    private var deadline: MinimumRateDeadline
    /// Bytes that were left at the last look; nil before that.
    private var left: Int?

    /// - Parameter deadline: as for other output.
    init(_ deadline: MinimumRateDeadline) {
        self.deadline = deadline
    }

    /// Records how many bytes are left now.
    ///
    /// - Parameter undelivered: more than 0.
    /// - Returns: true when the client has had its time.
    mutating func record(undelivered: Int, now: UInt64) -> Bool {
        if let left {
            deadline.moved(max(0, left - undelivered), now: now)
        } else {
            deadline.restart(now: now)
        }
        left = undelivered
        return now >= deadline.instant
    }
}
