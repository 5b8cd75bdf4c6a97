/// What a history has been through. A simulation in which nothing happens proves nothing.
package struct Coverage: Sendable {
    package enum Sight: Int, CaseIterable, Sendable {
        case takeover, lostRace, killedHolder, prevote, objection, fencedRequest, stepDown, refusedIntruder
        case hostCrash, partition, fullDisk, diskStrike, tornTakeover, clockJump, oldSnapshot, stolenPort, flap
        case plannedStop, replacement, lostFence, acrossHosts, secondBalancer, sickness, softEjection, spared, eviction
        case request, retry, readByHungWorker, lostRequest, livenessCheck
    }

    private var counts = [Int](repeating: 0, count: Sight.allCases.count)
    /// After the faults: until a balancer has somebody to send requests to, and until everybody is ready in it.
    package var slowestServiceMilliseconds: Int64 = 0
    package var slowestRecoveryMilliseconds: Int64 = 0

    package init() {}

    package subscript(_ sight: Sight) -> Int { counts[sight.rawValue] }

    mutating func see(_ sight: Sight) { counts[sight.rawValue] += 1 }

    package mutating func add(_ other: Coverage) {
        for index in counts.indices { counts[index] += other.counts[index] }
        slowestServiceMilliseconds = max(slowestServiceMilliseconds, other.slowestServiceMilliseconds)
        slowestRecoveryMilliseconds = max(slowestRecoveryMilliseconds, other.slowestRecoveryMilliseconds)
    }
}
