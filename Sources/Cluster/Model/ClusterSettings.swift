/// Every interval, threshold and bound of the cluster protocol, with its default.
///
/// The balancer sends its settings to the workers with the answer to a registration, so that both sides use the same
/// values. A missing field in a message means the default, so an older peer does not stop a newer one.
package struct ClusterSettings: Sendable, Codable, Equatable {
    // Health of the workers.

    /// The interval between two probes of one worker.
    package var probeIntervalMilliseconds: Int64 = 1000
    /// The time limit for the answer to a probe. Then the shell reports a failure.
    package var probeTimeoutMilliseconds: Int64 = 1000
    /// The random variation of probe and slow watch intervals in both directions, so that nodes do not act at the same
    /// time.
    package var jitterPercent: Int64 = 10
    /// Failed probes in a row that eject a worker.
    package var fall: Int = 3
    /// Passed probes in a row that return an ejected worker to the rotation.
    package var rise: Int = 2
    /// A worker that fails again within this time after it became ready is flapping. It needs twice the passes each
    /// time.
    package var flapWindowMilliseconds: Int64 = 60_000
    /// The most times that flapping doubles `rise`.
    package var flapMaximumDoublings: Int = 3
    /// Failed requests in a row that eject a worker although its probes pass.
    package var requestFailuresToEject: Int = 5
    /// The time of an ejection for failed requests. It is multiplied by the number of ejections in a row.
    package var ejectionMilliseconds: Int64 = 30_000
    package var ejectionMaximumMilliseconds: Int64 = 300_000
    /// Failures of different workers within this time count as one event. If more than half fail, the fault is at the
    /// balancer.
    package var togetherMilliseconds: Int64 = 10_000
    /// The time until a new or recovered worker has its full share.
    package var slowStartMilliseconds: Int64 = 10_000

    // Membership.

    /// A watch that is silent for this time is logged. The worker stays while its probes pass.
    package var leaseMilliseconds: Int64 = 10_000
    /// A worker that is not routable for this time is removed and has to register again.
    package var dropMilliseconds: Int64 = 300_000
    /// The time limit for a connect-back to a registering worker, TLS included.
    package var connectBackTimeoutMilliseconds: Int64 = 3000
    /// The most connect-backs in progress. Each takes about two milliseconds of the control loop. With this number the
    /// watches of registered workers do not wait.
    package var maximumTickets: Int = 64
    package var maximumWorkers: Int = 10_000
    /// The highest announced capacity that counts. It bounds a worker's share relative to another worker.
    package var maximumCapacity: Int = 16
    /// The interval at which a balancer checks that it still holds the fence.
    package var fenceCheckMilliseconds: Int64 = 1000

    // Watching the balancer.

    /// The interval between two checks by the first `watchFastRanks` workers of the succession.
    package var watchFastMilliseconds: Int64 = 100
    package var watchFastRanks: Int = 3
    /// The interval between two checks by the other workers, with random variation.
    package var watchSlowMilliseconds: Int64 = 1000
    /// Missed checks in a row that make the balancer suspect.
    package var watchMisses: Int = 3
    /// A watcher whose timer fires this late was paused itself, so it accuses no balancer.
    package var lagMilliseconds: Int64 = 100
    /// A shorter lateness of a timer is usual, and is not reported.
    package static let leastLagMilliseconds: Int64 = 5

    // Succession.

    /// The additional delay of each rank.
    package var rankDelayMilliseconds: Int64 = 150
    /// The time that a candidate waits for the answers to a prevote.
    package var prevoteTimeoutMilliseconds: Int64 = 100
    /// The time by which workers of other lock domains wait longer before they suspect the balancer.
    package var distantGraceMilliseconds: Int64 = 1000
    /// The additional delay of each lock domain.
    package var distantTurnMilliseconds: Int64 = 1000
    /// The time that a candidate of another lock domain waits for an answer to its prevote.
    package var quorumTimeoutMilliseconds: Int64 = 1000
    /// After a worker has agreed to a takeover across hosts, it agrees to no other one for this time.
    package var promiseMilliseconds: Int64 = 5000
    /// The time limit for a takeover by the shell. Then it counts as failed.
    package var takeoverTimeoutMilliseconds: Int64 = 10_000
    /// The wait before the next takeover after a failed one. It doubles up to the maximum.
    package var takeoverRetryMinimumMilliseconds: Int64 = 300
    package var takeoverRetryMaximumMilliseconds: Int64 = 5000
    /// A listed worker that reaches no balancer for this time starts a successor.
    package var orphanMilliseconds: Int64 = 5000

    /// The interval between two requests of a member to other balancer addresses, one address at a time.
    package var discoveryMilliseconds: Int64 = 2000
    /// The same interval for a worker that does not reach its balancer. It asks at all addresses.
    package var lostDiscoveryMilliseconds: Int64 = 500

    // Registration.

    /// The wait before the next registration attempt. It doubles from the minimum to the maximum, with random
    /// variation.
    package var registerRetryMinimumMilliseconds: Int64 = 100
    package var registerRetryMaximumMilliseconds: Int64 = 5000
    /// The wait after a refusal that only an operator can resolve.
    package var refusedRetryMilliseconds: Int64 = 10_000
    /// The time limit for the answer to a registration. It is longer than a connect-back.
    package var registerTimeoutMilliseconds: Int64 = 8000

    package init() {}
}

extension ClusterSettings {
    // The names in messages. Nodes of other versions read them, so a renamed property keeps its name there.
    private enum CodingKeys: String, CodingKey {
        case probeIntervalMilliseconds, probeTimeoutMilliseconds, jitterPercent, fall, rise, flapWindowMilliseconds,
            flapMaximumDoublings, requestFailuresToEject, ejectionMilliseconds, ejectionMaximumMilliseconds,
            togetherMilliseconds, slowStartMilliseconds, leaseMilliseconds, connectBackTimeoutMilliseconds,
            maximumTickets, maximumWorkers, maximumCapacity, fenceCheckMilliseconds, watchFastMilliseconds,
            watchFastRanks, watchSlowMilliseconds, watchMisses, lagMilliseconds, rankDelayMilliseconds,
            prevoteTimeoutMilliseconds, distantGraceMilliseconds, distantTurnMilliseconds, quorumTimeoutMilliseconds,
            promiseMilliseconds, takeoverTimeoutMilliseconds, takeoverRetryMinimumMilliseconds,
            takeoverRetryMaximumMilliseconds, orphanMilliseconds, registerRetryMinimumMilliseconds,
            registerRetryMaximumMilliseconds, refusedRetryMilliseconds, registerTimeoutMilliseconds
        case dropMilliseconds = "dropMilliseconds"
        case discoveryMilliseconds = "scoutMilliseconds"
        case lostDiscoveryMilliseconds = "lostScoutMilliseconds"
    }

    // The synthesized decoder would require every field. This one accepts missing fields.
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
        try read(&dropMilliseconds, .dropMilliseconds)
        try read(&connectBackTimeoutMilliseconds, .connectBackTimeoutMilliseconds)
        try read(&maximumTickets, .maximumTickets)
        try read(&maximumWorkers, .maximumWorkers)
        try read(&maximumCapacity, .maximumCapacity)
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
        try read(&discoveryMilliseconds, .discoveryMilliseconds)
        try read(&lostDiscoveryMilliseconds, .lostDiscoveryMilliseconds)
        try read(&registerRetryMinimumMilliseconds, .registerRetryMinimumMilliseconds)
        try read(&registerRetryMaximumMilliseconds, .registerRetryMaximumMilliseconds)
        try read(&refusedRetryMilliseconds, .refusedRetryMilliseconds)
        try read(&registerTimeoutMilliseconds, .registerTimeoutMilliseconds)
    }
}
