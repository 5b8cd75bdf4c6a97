/// The deadlines of one HTTP/2 connection, in nanoseconds of the loop's clock.
struct HTTP2Deadlines {
    static let never = UInt64.max

    /// The deadline for the next stream while none is open; for the client's end while the connection lingers.
    var idle = never
    /// The deadline for the rest of a header block that has begun.
    var head = never
    /// The deadline for the client to take waiting output.
    var stall = never
    /// The deadline for the client to acknowledge the shutdown.
    var shutdown = never
    /// The deadline for the answers to a client that has ended its direction.
    var halfClosed = never

    var earliest: UInt64 { min(min(min(idle, head), min(stall, shutdown)), halfClosed) }
}
