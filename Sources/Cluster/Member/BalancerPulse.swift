/// A worker's evidence that the balancer of its own host lives, apart from the answers at the cluster port.
///
/// The handover channel is connected to the balancer's process. Its control loop sends a sign of life there every
/// `ClusterSettings.watchFastMilliseconds`, and it probes the workers. No peer of the cluster port can delay either. A
/// process with signs of life does not hang, and its end closes the channel.
struct BalancerPulse: Sendable, Equatable {
    /// The channel is open, and the process at its other end is pinned.
    private(set) var isAttached = false
    /// The time at which the present process was attached, and the time of its last sign of life.
    private var since = Instant(nanoseconds: 0)
    private var lastMoved = Instant(nanoseconds: 0)

    private var hangs = TakeoverBackoff.hangs
    private var crashes: TakeoverBackoff

    init(_ settings: ClusterSettings) {
        crashes = TakeoverBackoff.crashes(settings)
    }

    /// A balancer has handed over its listeners.
    mutating func attached(now: Instant) {
        if !isAttached { since = now }
        isAttached = true
        lastMoved = now
    }

    /// The process has given a sign of life.
    mutating func moved(now: Instant) {
        if isAttached { lastMoved = max(lastMoved, now) }
    }

    /// The worker itself stood still for this time, which therefore is no silence of the process.
    mutating func paused(forMilliseconds milliseconds: Int64, now: Instant) {
        if isAttached { lastMoved = min(lastMoved.advanced(byMilliseconds: milliseconds), max(lastMoved, now)) }
    }

    /// The channel has closed.
    ///
    /// - Parameter isDeath: false after an orderly change of the reign.
    mutating func detached(isDeath: Bool, _ settings: ClusterSettings, now: Instant) {
        guard isAttached else { return }
        isAttached = false
        guard isDeath else { return }
        let life = lastMoved.milliseconds(since: since)
        crashes.ended(afterLifeOf: life)
        // Only one of its workers ends a process that stands still.
        if now.milliseconds(since: lastMoved) >= BalancerPulse.rule(settings) { hangs.ended(afterLifeOf: life) }
    }

    /// The silence that makes a balancer suspect, in milliseconds.
    private static func rule(_ settings: ClusterSettings) -> Int64 {
        Int64(max(2, settings.watchMisses)) * settings.watchFastMilliseconds
    }

    /// The attached process has given a sign of life within the rule. The rule grows if hung balancers follow each
    /// other.
    func showsLife(_ settings: ClusterSettings, now: Instant) -> Bool {
        isAttached
            && now.milliseconds(since: lastMoved) < BalancerPulse.rule(settings) + hangs.waitMilliseconds
    }

    /// The time since the last sign of life of the attached process, in milliseconds; nil without a process.
    func silence(now: Instant) -> Int64? {
        isAttached ? now.milliseconds(since: lastMoved) : nil
    }

    /// The attached process has been silent for longer than the rule.
    func standsStill(_ settings: ClusterSettings, now: Instant) -> Bool {
        isAttached && !showsLife(settings, now: now)
    }

    /// The additional delay of a dead balancer's successor.
    var waitMilliseconds: Int64 { crashes.waitMilliseconds }
}
