import Cluster

/// The kind of history of a seed.
struct Plan {
    let workers: Int
    let hosts: Int
    /// Workers of other hosts may stand in too. `needsQuorum` says whether they need a majority.
    let isAcrossHosts: Bool
    /// False with `--takeover-without-quorum`.
    let needsQuorum: Bool
    /// The fence is a lease that a paused holder loses.
    let isLease: Bool
    /// Every process has a PID namespace of its own, so no worker can kill a balancer.
    let isContained: Bool
    /// The duration of the faults.
    let faultMilliseconds: Int64
    /// A worker without faults. A balancer has to accept while this worker runs.
    let spared: Int?
    /// A lying worker. Such a cluster has at least three workers, the liar included.
    let liar: Liar?
    /// The weights of the faults. They differ from history to history.
    let weights: [UInt32]

    struct Liar {
        let worker: Int
        /// The liar is a process of the balancer's user and holds the handover connection. Otherwise the liar only
        /// claims that it may stand in.
        let holdsListeners: Bool
    }

    init(using random: inout SeededGenerator) {
        let isWide = random.below(3) == 0
        isLease = random.below(5) == 0
        isAcrossHosts = isWide && !isLease && random.below(2) == 0
        needsQuorum = !isAcrossHosts || random.below(4) > 0
        hosts = isWide ? (isAcrossHosts && random.below(3) > 0 ? 3 : 2) : 1
        workers = (isAcrossHosts ? 2 : 1) + Int(random.below(5))
        faultMilliseconds =
            switch random.below(20) {
            case 0: 16_000
            case 1..<4: 8000
            // Workers of another host notice a death only as silence, so their reaction takes seconds.
            default: isAcrossHosts ? 8000 : 3000
            }
        isContained = random.below(5) == 0
        // A hung balancer out of reach stays until it resumes.
        spared = random.below(3) == 0 && !isContained ? 0 : nil
        if workers >= 3, random.below(3) == 0 {
            liar = Liar(worker: 1 + Int(random.below(UInt32(workers - 1))), holdsListeners: random.below(3) == 0)
        } else {
            liar = nil
        }
        let hasLiar = liar != nil
        let isOdd = random.below(2) == 0
        weights = Fault.allCases.map { fault in
            if fault == .lie { return hasLiar ? 15 : 0 }
            return isOdd && random.below(3) > 0 ? 0 : fault.weight + (isOdd ? random.below(20) : 0)
        }
    }
}

/// The faults of a cluster.
enum Fault: CaseIterable {
    case killBalancer, pauseBalancer, stopBalancer, replaceBalancer, startBalancer
    case killWorker, pauseWorker, stopWorker, flapWorker, sickness
    case cutWatch, weather, partition
    case crashHost, fillDisk, strikeDisk, jumpClock, loseSnapshots, stealPort
    case intrude, lie
    case deafenPort

    var weight: UInt32 {
        switch self {
        case .killBalancer: 14
        case .pauseBalancer: 12
        case .stopBalancer, .replaceBalancer, .startBalancer: 3
        case .killWorker, .pauseWorker: 10
        case .stopWorker, .flapWorker: 3
        case .sickness: 5
        case .cutWatch: 6
        case .weather: 12
        case .partition: 5
        case .crashHost: 3
        case .fillDisk, .jumpClock, .loseSnapshots, .stealPort: 3
        case .strikeDisk: 5
        case .intrude: 5
        case .deafenPort: 8
        case .lie: 15
        }
    }
}
