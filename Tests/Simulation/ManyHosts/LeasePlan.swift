import Cluster

/// The kind of history of a seed.
struct LeasePlan {
    enum Fault: Int, CaseIterable {
        case killBalancer, killForLong, pauseBalancer, stopBalancer, crashHost, startByHand
        case cutHost, cutPath, cutHosts, isolateHost
        case stopMember, freezeMember, isolateMember, changeLeader, loseData, storm
        case loseMajority, fillQuota, wipe, restore
    }

    let hosts: Int
    let members: Int
    let policy: StoreLossPolicy
    /// A balancer forgets a host whose worker it has not seen for this long.
    let dropMilliseconds: Int64
    /// No reign may end. With `stop` one member fails at a time, with pauses. With `failsafe` the whole store may be lost, while
    /// the hosts reach each other.
    let isGentle: Bool
    let faultMilliseconds: Int64
    /// The pause between two faults, at most.
    let pauseMilliseconds: UInt32
    /// The weights of the faults, by `Fault`. They differ from history to history.
    let weights: [UInt32]

    init(using random: inout SeededGenerator) {
        hosts = 2 + Int(random.below(2))
        members = random.below(8) == 0 ? 1 : 3
        policy = random.below(3) == 0 ? .stop : .failsafe
        dropMilliseconds = [2000, 6000, 300_000][Int(random.below(3))]
        isGentle = members == 3 && random.below(6) == 0
        faultMilliseconds = isGentle ? 40_000 : 10_000 + Int64(random.below(30_000))
        pauseMilliseconds = [400, 1500, 4000][Int(random.below(3))]
        var gentle: Set<Fault> = [.stopMember, .freezeMember, .isolateMember, .changeLeader, .cutPath]
        if policy == .failsafe { gentle.formUnion([.cutHost, .loseMajority, .fillQuota]) }
        let isGentle = self.isGentle
        weights = Fault.allCases.map { fault in
            // Whole kinds are left out, so that the others meet in rare orders.
            let weight = random.below(3) * (1 + random.below(4))
            if isGentle { return gentle.contains(fault) ? 1 : 0 }
            return weight
        }
    }

    func pick(using random: inout SeededGenerator) -> Fault? {
        let total = weights.reduce(0, +)
        guard total > 0 else { return nil }
        var left = random.below(total)
        for fault in Fault.allCases {
            if left < weights[fault.rawValue] { return fault }
            left -= weights[fault.rawValue]
        }
        return nil
    }
}
