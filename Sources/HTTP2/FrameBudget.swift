/// Counts a client's frames and detects floods.
///
/// Time is divided into intervals. Each interval begins with an allowance, which grows with every useful frame. The
/// frames of an attack are cheap for the attacker because they carry nothing useful. That distinguishes an attack from
/// heavy use.
struct FrameBudget {
    private let limits: HTTP2Limits
    private var stretchEnd: UInt64 = 0
    private var idle = 0
    private var settings = 0
    private var resets = 0
    private var useful = 0
    private var answered = 0

    init(limits: HTTP2Limits) {
        self.limits = limits
    }

    /// - Parameter now: monotonic nanoseconds.
    mutating func advance(to now: UInt64) {
        guard now >= stretchEnd else { return }
        stretchEnd = now &+ UInt64(clamping: limits.floodMilliseconds) &* 1_000_000
        idle = 0
        settings = 0
        resets = 0
        useful = 0
        answered = 0
    }

    /// Counts a frame with an accepted request or with content, in either direction.
    mutating func countUseful() { useful &+= 1 }

    /// Counts a stream that ended with a complete response.
    mutating func countAnswered() { answered &+= 1 }

    /// Counts a frame that carries nothing useful.
    ///
    /// - Parameter weight: more than 1 for a frame that costs as much as several.
    /// - Returns: false if the frame exceeds the limit.
    mutating func allowsIdleFrame(weight: Int = 1) -> Bool {
        idle &+= weight
        return idle <= limits.idleFrames &+ limits.idleFramesForEach &* useful
    }

    /// Counts a request that was accepted, and is refused for want of memory.
    mutating func allowsRefusal() -> Bool {
        useful &-= 1
        return allowsIdleFrame()
    }

    mutating func allowsSettings() -> Bool {
        settings &+= 1
        return settings <= limits.settingsFrames
    }

    /// Counts a stream that the client has reset, or that a fault of the client resets.
    mutating func allowsReset() -> Bool {
        resets &+= 1
        return resets <= limits.resets &+ answered
    }
}
