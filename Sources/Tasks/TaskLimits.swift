/// The bounds of the built-in tasks. Each has an answer: 400 for a parameter, 413 for content, 503 for what is held
/// together.
enum TaskLimits {
    /// Content of `POST /write`, in bytes: one line, not a file.
    static let lineBytes = 64 << 10
    /// Content of `POST /reverse`, in bytes.
    static let messageBytes = 1 << 20
    /// `delay_ms` of `POST /reverse`.
    static let delayMilliseconds = 60_000
    /// `N` of `GET /bytes/N`.
    static let patternBytes = 1 << 30
    /// `tail` of `GET /read`, in lines.
    static let tailLines = 1_000_000
    /// Content that all exchanges of one loop hold together while it is collected or waits, in bytes.
    static let heldBytes = 64 << 20
    /// A message up to this size is reversed on the loop; cutting a longer one into characters would hold up the
    /// others.
    static let reversedOnLoopBytes = 16 << 10
    /// What `/bytes` writes in one turn of the loop: a fast reader must not have the loop for itself.
    static let patternBytesPerTurn = 1 << 20
}
