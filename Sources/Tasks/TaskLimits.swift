/// The bounds of the built-in tasks. A response beyond a bound is 400 for a parameter, 413 for content, and 503 for the
/// memory of a loop.
enum TaskLimits {
    /// Content of `POST /write`, in bytes. The content is one line, not a file.
    static let lineBytes = 64 << 10
    /// Content of `POST /reverse`, in bytes.
    static let messageBytes = 1 << 20
    /// `delay_ms` of `POST /reverse`.
    static let delayMilliseconds = 60_000
    /// `N` of `GET /bytes/N`.
    static let patternBytes = 1 << 30
    /// `tail` of `GET /read`, in lines.
    static let tailLines = 1_000_000
    /// Content that all exchanges of one loop hold together while they collect it or wait, in bytes. See `SourceShares`
    /// for the share of one client.
    static let heldBytes = 64 << 20
    /// Largest message that the event loop reverses itself, in bytes. A longer one would delay the loop's other
    /// connections.
    static let reversedOnLoopBytes = 16 << 10
    /// Bytes that one `/bytes` response writes in one turn of the loop, so that a fast client does not monopolise the
    /// loop.
    static let patternBytesPerTurn = 1 << 20
}
