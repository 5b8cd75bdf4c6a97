import Cluster

/// A whole cluster on one host in virtual time: processes that crash, pause and come back, messages that are late, lost
/// and out of order, a lock with the semantics of `flock`, and the real cores in the middle.
///
/// One seed is one history. After every event the invariants are checked; `violations` tells what broke.
///
/// With `isLease` the fence is a lease that a paused holder loses: then two balancers can live at once, as they could
/// on several machines, and it is the epoch alone that keeps the older one from doing harm.
final class World {
    let seed: UInt64
    let isLease: Bool
    let settings: ClusterSettings
    var random: SeededGenerator
    var now = at(0)
    var queue = EventQueue()
    var lock = SimulatedLock()
    var members: [SimulatedMember] = []
    var balancers: [SimulatedBalancer] = []
    /// Calls that wait in a listener that is held open while no balancer accepts.
    var backlog: [(input: BalancerInput, from: Caller)] = []
    var violations: [String] = []
    var steps = 0
    var coverage = Coverage()

    // The weather.
    var isFaulty = false
    /// In percent.
    var loss: UInt32 = 0
    var slowness: UInt32 = 0

    init(seed: UInt64, memberCount: Int, isLease: Bool) {
        self.seed = seed
        self.isLease = isLease
        random = SeededGenerator(seed: seed)
        var settings = ClusterSettings()
        settings.orphanMilliseconds = 1500
        settings.slowStartMilliseconds = 0
        settings.ejectionMilliseconds = 2000
        self.settings = settings
        for index in 0..<memberCount {
            let mayStandIn = index == 0 || random.below(5) > 0
            let record = record(UInt16(8001 + index), incarnation: 1, mayStandIn: mayStandIn)
            let core = MemberCore(record: record, settings: settings, seed: random.next(), now: now)
            members.append(SimulatedMember(index: index, record: record, core: core))
        }
    }

    /// Runs the whole history: everybody joins, then `faultMilliseconds` of faults, then calm until all is well again.
    func run(faultMilliseconds: Int64, recoveryMilliseconds: Int64) {
        startBalancer(after: .none, hints: nil, starter: nil)
        for index in members.indices { actMember(index) { $0.start(now: self.now) } }
        queue.push(after(milliseconds: 20), .inspect)
        let joined = advance(to: after(milliseconds: 5000)) { self.isWell }
        if !joined, violations.isEmpty { violations.append("the cluster did not come together at the start") }
        isFaulty = true
        queue.push(now, .fault)
        _ = advance(to: after(milliseconds: faultMilliseconds)) { false }
        isFaulty = false
        calmDown()
        let calmSince = now
        let isServed = advance(to: after(milliseconds: recoveryMilliseconds)) { self.isServing }
        if !isServed, violations.isEmpty { violations.append("nobody serves: \(condition)") }
        coverage.slowestServiceMilliseconds = now.milliseconds(since: calmSince)
        let recovered = advance(to: after(milliseconds: recoveryMilliseconds)) { self.isWell }
        if !recovered, violations.isEmpty { violations.append("not well again: \(condition)") }
        coverage.slowestRecoveryMilliseconds = now.milliseconds(since: calmSince)
    }

    /// Lets time pass until `end`, or until `isDone` at an inspection, or until something breaks.
    private func advance(to end: Instant, until isDone: () -> Bool) -> Bool {
        while violations.isEmpty, let next = queue.pop() {
            if next.instant > end {
                queue.push(next.instant, next.event)
                now = end
                return false
            }
            now = next.instant
            steps += 1
            if case .inspect = next.event {
                queue.push(after(milliseconds: 50), .inspect)
                if isDone() { return true }
                continue
            }
            perform(next.event)
            checkInvariants(after: next.event)
        }
        return false
    }

    func after(milliseconds: Int64) -> Instant {
        now.advanced(byMilliseconds: milliseconds)
    }

    /// A moment later: as long as a message on one host takes, or much longer in bad weather.
    func soon() -> Instant {
        var delay = UInt64(100_000 + random.below(2_000_000))
        if isFaulty, random.below(100) < slowness { delay += UInt64(random.below(600)) * 1_000_000 }
        return Instant(nanoseconds: now.nanoseconds + delay)
    }

    func isLost() -> Bool {
        isFaulty && random.below(100) < loss
    }

    /// Whether an answer that came too late is let through all the same. The cores must bear it.
    func isDuplicated() -> Bool {
        isFaulty && random.below(100) < slowness
    }

    func chance(_ percent: UInt32) -> Bool {
        random.below(100) < percent
    }

    /// The balancers that have a listener open and live, the one of the highest epoch last.
    var acceptors: [Int] {
        balancers.indices.filter { balancers[$0].isAccepting && balancers[$0].status != .dead }
    }

    /// A balancer accepts and has somebody to send requests to.
    var isServing: Bool {
        acceptors.contains { process in
            balancers[process].status == .running && balancers[process].core.roster.contains(where: \.isRoutable)
        }
    }

    /// One balancer, everybody in it, everybody healthy and of one mind.
    var isWell: Bool {
        let acceptors = acceptors
        guard acceptors.count == 1, let only = acceptors.first, balancers[only].status == .running else { return false }
        let balancer = balancers[only]
        let listed = balancer.core.snapshot.workers
        return listed.count == members.count
            && members.allSatisfy { member in
                member.status == .running && member.core.isRegistered && member.core.highestEpoch == balancer.epoch
                    && listed.contains {
                        $0.id == member.record.id && $0.incarnation == member.record.incarnation && $0.state == .ready
                    }
            }
    }

    /// What is the case, for the report of a failure.
    var condition: String {
        let balancers = balancers.filter { $0.status != .dead }.map {
            "balancer \($0.process) epoch \($0.epoch.value) \($0.status) accepting \($0.isAccepting)"
                + " workers \($0.core.snapshot.workers.map { "\($0.id):\($0.incarnation):\($0.state)" })"
        }
        let members = members.map {
            "\($0.record.id):\($0.record.incarnation) \($0.status) registered \($0.core.isRegistered)"
                + " epoch \($0.core.highestEpoch.value) rank \($0.core.rank.map(String.init) ?? "none")"
        }
        return (balancers + members + ["lock held by \(lock.holder.map(String.init) ?? "nobody")"])
            .joined(separator: "; ")
    }
}
