/// The number of notable events in a history. A simulation without such events proves nothing.
package struct Coverage: Sendable {
    package enum Sight: Int, CaseIterable, Sendable {
        case takeover, lostRace, killedHolder, outOfReach, prevote, objection, fencedRequest, fenced, refusedIntruder
        case hostCrash, partition, fullDisk, diskStrike, tornTakeover, clockJump, oldSnapshot, stolenPort, flap
        case plannedStop, replacement, lostFence, acrossHosts, secondBalancer, sickness, softEjection, keptInRotation,
            drop,
            deafPort, lie, failedStart
        case request, retry, readByHungWorker, lostRequest, livenessCheck
        // Many hosts with a store.
        case leaderKeyTaken, leaseClaimed, leaseContinued, leaseReclaimed, leaseLost, leaseRevoked, waitForLostReign
        case lateClaim, storeReplaced, pledge, reignByPledges, waitAfterBoot, leaseEndedByPastLeader

        /// The histories in which the event can happen.
        package var kinds: [Simulation.Kind] {
            if self == .hostCrash { return Simulation.Kind.allCases }
            return [rawValue >= Sight.leaderKeyTaken.rawValue ? .manyHosts : .cluster]
        }
    }

    private var counts = [Int](repeating: 0, count: Sight.allCases.count)
    /// The time from the last fault until a balancer has a worker for requests, and until all workers are ready. The
    /// values are the maxima over all histories.
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
