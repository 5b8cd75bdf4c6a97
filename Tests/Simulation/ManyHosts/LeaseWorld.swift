import Cluster

/// Many hosts with one store, in virtual time, with the real `LeaseCore`, `LeaderSearch` and `HostFence`.
///
/// Each host has a lock domain, a clock of its own pace, a worker that reads the leader key, and balancer processes. Processes
/// die and pause, calls and answers are late or lost, members of the store fail, and the store loses its data.
///
/// One seed gives one history. The invariants are checked after every event.
final class LeaseWorld: SimulatedWorld {
    let seed: UInt64
    let plan: LeasePlan
    let timing = LeaseTiming()
    var random: SeededGenerator
    var now = LeaseWorld.start
    var queue = EventQueue<LeaseWorldEvent>()
    var hosts: [LeaseHost] = []
    var processes: [LeaseProcess] = []
    /// The living processes.
    var live: [Int] = []
    var etcd: SimulatedEtcd
    var network: LeaseNetwork
    var ledger = LeaseLedger()

    var violations: [Violation] = []
    var steps = 0
    var coverage = Coverage()
    var trace: ((String) -> Void)?
    var isFaulty = false
    var isElecting = false
    /// The number of times that the store's data was replaced.
    var era = 0
    /// The content of the store after a wipe or a restoration.
    var replacement: SimulatedEtcd.Content?
    /// No operator starts a balancer before, because a part of the store has lost its data.
    var isOperatorWarned = false
    /// The contents of the store that backups have kept.
    var backups: [SimulatedEtcd.Content] = []

    init(seed: UInt64) {
        self.seed = seed
        random = SeededGenerator(seed: seed)
        plan = LeasePlan(using: &random)
        etcd = SimulatedEtcd(members: plan.members, pace: 960 + Int64(random.below(81)), seed: random.next())
        // That would be a second fault.
        etcd.isDiskSlow = !plan.isGentle
        network = LeaseNetwork(hosts: plan.hosts, members: plan.members)
        for index in 0..<plan.hosts {
            hosts.append(
                LeaseHost(
                    index: index, seed: random.next(), pace: 960 + UInt64(random.below(81)), plan: plan,
                    now: now, timing: timing))
        }
    }

    /// Runs one history: a balancer is started by hand, faults happen, and they stop until one balancer reigns.
    func run() {
        push(now, .start(host: 0, isByHand: true))
        for host in hosts.indices { feedWorker(host, .started) }
        push(after(milliseconds: 50), .inspect)
        var isWellNow = advance(to: after(milliseconds: 20_000)) { self.isWell }
        if !isWellNow, live.isEmpty {
            // Every claim was slow.
            push(now, .start(host: 0, isByHand: true))
            isWellNow = advance(to: after(milliseconds: 20_000)) { self.isWell }
        }
        if !isWellNow { violate(.recovery, "no balancer reigns at first: \(condition)") }
        // The holder learns of the list in the store at its next renewal.
        _ = advance(to: after(milliseconds: 2500)) { false }
        isFaulty = true
        push(now, .fault)
        push(after(1000...12_000), .operatorLooks)
        _ = advance(to: after(milliseconds: plan.faultMilliseconds)) { false }
        isFaulty = false
        calmDown()
        let calmSince = now
        if !advance(to: after(milliseconds: 60_000), until: { self.isWell }) {
            violate(.recovery, "no balancer reigns: \(condition)")
        }
        coverage.slowestServiceMilliseconds = now.milliseconds(since: calmSince)
    }

    static var inspection: (event: LeaseWorldEvent, milliseconds: Int64) { (.inspect, 200) }

    static func isInspection(_ event: LeaseWorldEvent) -> Bool { if case .inspect = event { true } else { false } }
}

/// The paths between hosts and members of the store, and the speed of messages.
struct LeaseNetwork {
    /// The number of present cuts of each path, by host and member.
    var cuts: [[Int]]
    /// The same between two hosts.
    var hostCuts: [[Int]]
    /// The share of messages that are late, and the share that are lost, in percent.
    var slowness: UInt32 = 0
    var loss: UInt32 = 0

    init(hosts: Int, members: Int) {
        cuts = Array(repeating: Array(repeating: 0, count: members), count: hosts)
        hostCuts = Array(repeating: Array(repeating: 0, count: hosts), count: hosts)
    }

    mutating func mend() {
        for host in cuts.indices {
            for member in cuts[host].indices { cuts[host][member] = 0 }
            for other in hostCuts.indices { hostCuts[host][other] = 0 }
        }
        slowness = 0
        loss = 0
    }
}
