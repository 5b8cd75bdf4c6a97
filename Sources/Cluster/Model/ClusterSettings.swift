/// Every interval, threshold and bound of the cluster protocol, with its default.
///
/// The balancer sends its own to the workers with the answer to a registration, so that both sides reckon alike.
/// On the wire a missing field means the default: an older peer can't stop a newer one.
package struct ClusterSettings: Sendable, Codable, Equatable {
    // Health of the workers.

    /// Between two probes of one worker.
    package var probeIntervalMilliseconds: Int64 = 1000
    /// How long the shell waits for the answer to a probe before it reports a failure.
    package var probeTimeoutMilliseconds: Int64 = 1000
    /// How far probe and slow watch intervals stray either way, so that a cluster doesn't march in step.
    package var jitterPercent: Int64 = 10
    /// Failed probes in a row that eject a worker.
    package var fall: Int = 3
    /// Passed probes in a row that bring an ejected worker back.
    package var rise: Int = 2
    /// A worker that fails again this soon after it became ready is flapping: it needs twice the passes each time.
    package var flapWindowMilliseconds: Int64 = 60_000
    /// How often flapping can double `rise`.
    package var flapMaximumDoublings: Int = 3
    /// Failed requests in a row that eject a worker although its probes pass.
    package var requestFailuresToEject: Int = 5
    /// How long failed requests eject a worker: this, times the number of ejections in a row.
    package var ejectionMilliseconds: Int64 = 30_000
    package var ejectionMaximumMilliseconds: Int64 = 300_000
    /// Failures of different workers within this time count as one event: if more than half fail, the fault is here.
    package var togetherMilliseconds: Int64 = 10_000
    /// How long a new or recovered worker takes to its full share.
    package var slowStartMilliseconds: Int64 = 10_000

    // Membership.

    /// A watch that is silent for this long is noted; the worker stays as long as its probes pass.
    package var leaseMilliseconds: Int64 = 10_000
    /// A worker that is not routable for this long is removed and has to register again.
    package var evictionMilliseconds: Int64 = 300_000
    /// How long the shell may take to connect back to a registering worker, with TLS.
    package var connectBackTimeoutMilliseconds: Int64 = 3000
    /// Connect-backs under way at the same time. Each takes about two milliseconds of the control loop: so many don't keep the watches of
    /// those who are members waiting.
    package var maximumTickets: Int = 64
    package var maximumWorkers: Int = 10_000
    /// How often a balancer makes sure that it still holds the fence.
    package var fenceCheckMilliseconds: Int64 = 1000

    // Watching the balancer.

    /// Between two checks by the first `watchFastRanks` workers of the succession.
    package var watchFastMilliseconds: Int64 = 100
    package var watchFastRanks: Int = 3
    /// Between two checks by the other workers, with jitter.
    package var watchSlowMilliseconds: Int64 = 1000
    /// Checks without an answer in a row that make the balancer suspect.
    package var watchMisses: Int = 3
    /// A timer that comes this late says that the watcher itself stood still: it accuses nobody.
    package var lagMilliseconds: Int64 = 100

    // Succession.

    /// How much longer each rank waits than the one before.
    package var rankDelayMilliseconds: Int64 = 150
    /// How long a candidate waits for the answers to a prevote.
    package var prevoteTimeoutMilliseconds: Int64 = 100
    /// How much longer than the silence that makes it suspect the workers of other homes give the balancer's own.
    package var distantGraceMilliseconds: Int64 = 1000
    /// How much longer each home waits than the one before.
    package var distantTurnMilliseconds: Int64 = 1000
    /// How long the candidate of another home waits for an answer to its prevote.
    package var quorumTimeoutMilliseconds: Int64 = 1000
    /// How long a worker that has agreed to a takeover across hosts agrees to no other one.
    package var promiseMilliseconds: Int64 = 5000
    /// How long a takeover by the shell may take before it counts as failed.
    package var takeoverTimeoutMilliseconds: Int64 = 10_000
    /// After a takeover that brought no balancer: how long to watch before the next, doubling up to the maximum.
    package var takeoverRetryMinimumMilliseconds: Int64 = 300
    package var takeoverRetryMaximumMilliseconds: Int64 = 5000
    /// How long a worker of the last snapshot reaches no balancer at all before it brings one back.
    package var orphanMilliseconds: Int64 = 5000

    /// Between two questions of a member to other seats, one at a time.
    package var scoutMilliseconds: Int64 = 2000
    /// The same for a worker that does not reach its balancer; it asks at all seats.
    package var lostScoutMilliseconds: Int64 = 500

    // Registration.

    /// Between two attempts, doubling from the minimum to the maximum, with jitter.
    package var registerRetryMinimumMilliseconds: Int64 = 100
    package var registerRetryMaximumMilliseconds: Int64 = 5000
    /// Between two attempts after a refusal that only an operator can cure.
    package var refusedRetryMilliseconds: Int64 = 10_000
    /// How long the answer to a registration may take; longer than a connect-back.
    package var registerTimeoutMilliseconds: Int64 = 8000

    package init() {}
}

extension ClusterSettings {
    // The synthesized decoder would demand every field. This one takes what is there.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        func read<Value: Decodable>(_ value: inout Value, _ key: CodingKeys) throws {
            value = try fields.decodeIfPresent(Value.self, forKey: key) ?? value
        }
        try read(&probeIntervalMilliseconds, .probeIntervalMilliseconds)
        try read(&probeTimeoutMilliseconds, .probeTimeoutMilliseconds)
        try read(&jitterPercent, .jitterPercent)
        try read(&fall, .fall)
        try read(&rise, .rise)
        try read(&flapWindowMilliseconds, .flapWindowMilliseconds)
        try read(&flapMaximumDoublings, .flapMaximumDoublings)
        try read(&requestFailuresToEject, .requestFailuresToEject)
        try read(&ejectionMilliseconds, .ejectionMilliseconds)
        try read(&ejectionMaximumMilliseconds, .ejectionMaximumMilliseconds)
        try read(&togetherMilliseconds, .togetherMilliseconds)
        try read(&slowStartMilliseconds, .slowStartMilliseconds)
        try read(&leaseMilliseconds, .leaseMilliseconds)
        try read(&evictionMilliseconds, .evictionMilliseconds)
        try read(&connectBackTimeoutMilliseconds, .connectBackTimeoutMilliseconds)
        try read(&maximumTickets, .maximumTickets)
        try read(&maximumWorkers, .maximumWorkers)
        try read(&fenceCheckMilliseconds, .fenceCheckMilliseconds)
        try read(&watchFastMilliseconds, .watchFastMilliseconds)
        try read(&watchFastRanks, .watchFastRanks)
        try read(&watchSlowMilliseconds, .watchSlowMilliseconds)
        try read(&watchMisses, .watchMisses)
        try read(&lagMilliseconds, .lagMilliseconds)
        try read(&rankDelayMilliseconds, .rankDelayMilliseconds)
        try read(&prevoteTimeoutMilliseconds, .prevoteTimeoutMilliseconds)
        try read(&distantGraceMilliseconds, .distantGraceMilliseconds)
        try read(&distantTurnMilliseconds, .distantTurnMilliseconds)
        try read(&quorumTimeoutMilliseconds, .quorumTimeoutMilliseconds)
        try read(&promiseMilliseconds, .promiseMilliseconds)
        try read(&takeoverTimeoutMilliseconds, .takeoverTimeoutMilliseconds)
        try read(&takeoverRetryMinimumMilliseconds, .takeoverRetryMinimumMilliseconds)
        try read(&takeoverRetryMaximumMilliseconds, .takeoverRetryMaximumMilliseconds)
        try read(&orphanMilliseconds, .orphanMilliseconds)
        try read(&scoutMilliseconds, .scoutMilliseconds)
        try read(&lostScoutMilliseconds, .lostScoutMilliseconds)
        try read(&registerRetryMinimumMilliseconds, .registerRetryMinimumMilliseconds)
        try read(&registerRetryMaximumMilliseconds, .registerRetryMaximumMilliseconds)
        try read(&refusedRetryMilliseconds, .refusedRetryMilliseconds)
        try read(&registerTimeoutMilliseconds, .registerTimeoutMilliseconds)
    }
}
