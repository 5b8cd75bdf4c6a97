/// Counts what a client sends, and says when it is a flood.
///
/// Time is cut into stretches; each begins with an allowance, which grows with what the connection carries in earnest.
/// An attack is cheap for who sends it because nothing comes of the frames: that is what tells it from heavy use.
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

    /// A frame with a request or with content has come or gone.
    mutating func countUseful() { useful &+= 1 }

    /// A stream has ended with a whole response.
    mutating func countAnswered() { answered &+= 1 }

    /// False when it is one too many.
    mutating func allowsIdleFrame() -> Bool {
        idle &+= 1
        return idle <= limits.idleFrames &+ limits.idleFramesForEach &* useful
    }

    mutating func allowsSettings() -> Bool {
        settings &+= 1
        return settings <= limits.settingsFrames
    }

    mutating func allowsReset() -> Bool {
        resets &+= 1
        return resets <= limits.resets &+ answered
    }
}
