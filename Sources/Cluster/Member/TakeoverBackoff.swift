/// Limits the rate of takeovers of one kind.
///
/// It is a bucket of time. A takeover adds `restMilliseconds`, and the time in which the balancer shows life removes as
/// much. The first `burst` takeovers have no delay. Each further one doubles the delay. So a fault that ends one
/// balancer after another does so more and more slowly, and an occasional fault causes no delay.
struct TakeoverBackoff: Sendable, Equatable {
    /// The life of a balancer that cancels one takeover.
    let restMilliseconds: Int64
    /// Takeovers in a row without a delay.
    let burst: Int64
    let firstWaitMilliseconds: Int64
    let longestWaitMilliseconds: Int64

    private var levelMilliseconds: Int64 = 0

    init(restMilliseconds: Int64, burst: Int64, firstWaitMilliseconds: Int64, longestWaitMilliseconds: Int64) {
        self.restMilliseconds = restMilliseconds
        self.burst = burst
        self.firstWaitMilliseconds = firstWaitMilliseconds
        self.longestWaitMilliseconds = longestWaitMilliseconds
    }

    /// A balancer has ended that had shown life for this time.
    mutating func ended(afterLifeOf milliseconds: Int64) {
        levelMilliseconds = max(0, levelMilliseconds - max(0, milliseconds)) + restMilliseconds
        // The longest delay is reached long before.
        levelMilliseconds = min(levelMilliseconds, (burst + 32) * restMilliseconds)
    }

    /// The additional delay of the next takeover.
    var waitMilliseconds: Int64 {
        let beyond = levelMilliseconds / restMilliseconds - burst
        guard beyond > 0 else { return 0 }
        return min(firstWaitMilliseconds << min(beyond - 1, 20), longestWaitMilliseconds)
    }
}

extension TakeoverBackoff {
    /// For balancers that hung. The replacement of each takes about a second. A fault that makes balancers look hung
    /// may last.
    static let hangs = TakeoverBackoff(
        restMilliseconds: 2000, burst: 5, firstWaitMilliseconds: 1000, longestWaitMilliseconds: 60_000)

    /// For balancers that ended for any reason. Clients wait for the next one, so only a reign of less than half a
    /// second delays the next takeover.
    static func crashes(_ settings: ClusterSettings) -> TakeoverBackoff {
        TakeoverBackoff(
            restMilliseconds: 500, burst: 10, firstWaitMilliseconds: settings.takeoverRetryMinimumMilliseconds,
            longestWaitMilliseconds: settings.takeoverRetryMaximumMilliseconds)
    }
}
