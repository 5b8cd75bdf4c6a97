/// What a connection waits for, each until when: monotonic nanoseconds.
struct HTTP2Deadlines {
    static let never = UInt64.max

    /// No stream is open, or the client's end is waited for.
    var idle = never
    /// A header block has begun.
    var head = never
    /// Output waits for the client.
    var stall = never
    /// The client has not said yet that it knows of our shutdown.
    var shutdown = never

    var earliest: UInt64 { min(min(idle, head), min(stall, shutdown)) }
}
