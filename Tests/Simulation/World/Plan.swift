import Cluster

/// What kind of history a seed tells.
struct Plan {
    let workers: Int
    let hosts: Int
    /// Workers of the other hosts may stand in too, where a majority agrees.
    let isAcrossHosts: Bool
    /// False with `--takeover-without-quorum`.
    let needsQuorum: Bool
    /// The fence is a lease that a paused holder loses.
    let isLease: Bool
    /// How long things go wrong.
    let faultMilliseconds: Int64
    /// A worker to which nothing is done: while it is there, somebody has to accept.
    let spared: Int?
    /// How much of everything goes wrong; a history has its preferences.
    let weights: [UInt32]

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
            // From another host a death is only silence: until it is believed takes seconds.
            default: isAcrossHosts ? 8000 : 3000
            }
        spared = random.below(3) == 0 ? 0 : nil
        let isOdd = random.below(2) == 0
        weights = Fault.allCases.map { fault in
            isOdd && random.below(3) > 0 ? 0 : fault.weight + (isOdd ? random.below(20) : 0)
        }
    }
}

/// What can be done to the cluster.
enum Fault: CaseIterable {
    case killBalancer, pauseBalancer, stopBalancer, replaceBalancer, startBalancer
    case killWorker, pauseWorker, stopWorker, flapWorker, sickness
    case cutWatch, weather, partition
    case crashHost, fillDisk, strikeDisk, jumpClock, loseSnapshots, stealPort
    case intrude

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
        }
    }
}
