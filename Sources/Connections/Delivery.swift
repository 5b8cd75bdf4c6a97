/// The last bytes of a connection whose side we have ended: what the kernel still has of them is the client's to take, and no
/// more slowly than any output. Closed earlier, the kernel would go on for as long as the client likes, where no limit reaches.
struct Delivery {
    private var deadline: ProgressDeadline
    /// Bytes that were left when this was looked at last; nil before that.
    private var left: Int?

    /// - Parameter deadline: as for other output.
    init(_ deadline: ProgressDeadline) {
        self.deadline = deadline
    }

    /// Whether the client has had its time.
    ///
    /// - Parameter undelivered: bytes that are left now, more than 0.
    mutating func isLate(undelivered: Int, now: UInt64) -> Bool {
        if let left {
            deadline.moved(max(0, left - undelivered), now: now)
        } else {
            deadline.restart(now: now)
        }
        left = undelivered
        return now >= deadline.instant
    }
}
