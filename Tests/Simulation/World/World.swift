import Cluster

/// A whole cluster in virtual time, with the cores that ship.
///
/// Hosts have disks, clocks and ports. Processes crash, hang and restart. Messages are late, lost, repeated and
/// reordered. Clients send requests.
///
/// One seed gives one history. The invariants are checked after every event, and `violations` lists the broken ones.
package final class World: SimulatedWorld {
    package let seed: UInt64
    let plan: Plan
    let settings: ClusterSettings
    var random: SeededGenerator
    var now = World.start
    var queue = EventQueue<SimulatedEvent>()
    var hosts: [SimulatedHost] = []
    var workers: [SimulatedWorker] = []
    var balancers: [SimulatedBalancer] = []
    /// The living processes of `balancers`.
    var live: [Int] = []
    let lease: SimulatedLease?
    var requests = 0

    package internal(set) var violations: [Violation] = []
    package internal(set) var steps = 0
    package internal(set) var coverage = Coverage()
    var ledger = Ledger()
    package var trace: ((String) -> Void)?

    // The state of the faults.
    var isFaulty = false
    /// The share of messages that are lost, and the share that are late or repeated, in percent.
    var loss: UInt32 = 0
    var slowness: UInt32 = 0
    /// The time of the last change of the network's faults.
    var lastStorm: Instant
    /// The number of present partitions from the first host to the second host.
    var blocked: [[Int]]

    package init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        plan = Plan(using: &random)
        lease = plan.isLease ? SimulatedLease() : nil
        settings = World.settings
        lastStorm = now
        blocked = Array(repeating: Array(repeating: 0, count: plan.hosts), count: plan.hosts)
        for index in 0..<plan.hosts {
            hosts.append(
                SimulatedHost(
                    index: index, directory: SimulatedStateDirectory(seed: random.next()), lastAilment: now))
            ledger.lastAccepted.append(now)
        }
        for index in 0..<plan.workers { workers.append(makeWorker(index)) }
    }

    /// The shipped defaults, except that minutes become seconds.
    private static var settings: ClusterSettings {
        var settings = ClusterSettings()
        settings.probeIntervalMilliseconds = 300
        settings.probeTimeoutMilliseconds = 300
        settings.orphanMilliseconds = 1500
        settings.slowStartMilliseconds = 0
        settings.ejectionMilliseconds = 1000
        settings.ejectionMaximumMilliseconds = 3000
        settings.dropMilliseconds = 2500
        settings.flapWindowMilliseconds = 2000
        settings.togetherMilliseconds = 3000
        settings.refusedRetryMilliseconds = 1000
        settings.takeoverTimeoutMilliseconds = 3000
        settings.takeoverRetryMaximumMilliseconds = 1200
        settings.registerRetryMaximumMilliseconds = 1000
        return settings
    }

    /// Runs one history: all workers join, faults happen, and the faults stop until the cluster is healthy again.
    package func run() {
        push(now, .operatorStarts(host: 0))
        for index in workers.indices { startWorker(index) }
        push(after(milliseconds: 20), .inspect)
        if !advance(to: after(milliseconds: 8000), until: { self.isWell }) {
            violate(.recovery, "not all workers joined: \(condition)")
        }
        isFaulty = true
        push(now, .fault)
        push(now, .clientAsks(-1))
        _ = advance(to: after(milliseconds: plan.faultMilliseconds)) { false }
        isFaulty = false
        calmDown()
        let calmSince = now
        if !advance(to: after(milliseconds: 15_000), until: { self.isServing }) {
            if isLiarDecisive { return }
            violate(.recovery, "no balancer serves: \(condition)")
        }
        coverage.slowestServiceMilliseconds = now.milliseconds(since: calmSince)
        if !advance(to: after(milliseconds: 15_000), until: { self.isWell }) {
            violate(.recovery, "the cluster is not healthy again: \(condition)")
        }
        coverage.slowestRecoveryMilliseconds = now.milliseconds(since: calmSince)
    }

    static var inspection: (event: SimulatedEvent, milliseconds: Int64) { (.inspect, 50) }

    static func isInspection(_ event: SimulatedEvent) -> Bool { if case .inspect = event { true } else { false } }

    func inspect() {
        checkLiveness()
        checkFences()
    }

    // MARK: Messages

    /// The arrival time of a message on one host: soon, or much later during faults.
    func soon() -> Instant {
        var delay = UInt64(100_000 + random.below(2_000_000))
        if isFaulty, random.below(100) < slowness { delay += UInt64(random.below(600)) * 1_000_000 }
        return Instant(nanoseconds: now.nanoseconds + delay)
    }

    /// The arrival time of a message; nil for a lost one.
    func arrival(from: Int, to: Int) -> Instant? {
        if blocked[from][to] > 0 || !hosts[to].isUp { return nil }
        if isFaulty, random.below(100) < loss { return nil }
        return soon()
    }

    /// Draws whether a message arrives twice, or whether a late answer still arrives.
    func isRepeated() -> Bool { isFaulty && random.below(100) < slowness }
}
