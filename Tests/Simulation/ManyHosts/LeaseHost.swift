import Cluster

/// One of many hosts: a lock domain with its files, a clock, and a worker.
struct LeaseHost {
    let lockDomain: LockDomain
    let address: BalancerAddress
    let directory: SimulatedStateDirectory
    var isUp = true
    /// The bytes of the file `lease`.
    var savedLease: [UInt8] = []
    /// The bytes of the file `pledge`.
    var pledge: [UInt8] = []
    /// When a balancer of each other host has seen this host's worker last.
    var lastSeen: [Int: Instant] = [:]
    /// The highest epoch that the host's worker has met.
    var met = Epoch.none
    var worker: LeaseWorker
    private var clock: Clock

    /// The clock that counts since the boot. It runs a little too fast or too slowly.
    private struct Clock {
        /// Local nanoseconds for 1000 real ones.
        let pace: UInt64
        var bootedAt: Instant
        var base: UInt64
    }

    init(index: Int, seed: UInt64, pace: UInt64, plan: LeasePlan, now: Instant, timing: LeaseTiming) {
        lockDomain = LockDomain("host-\(index)")!
        address = BalancerAddress(host: "10.0.0.\(index + 1)", port: 7000)
        directory = SimulatedStateDirectory(seed: seed)
        worker = LeaseWorker(lockDomain, plan, timing: timing)
        clock = Clock(pace: pace, bootedAt: now, base: 1_000_000_000 * UInt64(1 + seed % 1000))
    }

    /// The time on this host's clock.
    func local(_ instant: Instant) -> Instant {
        Instant(nanoseconds: clock.base + (instant.nanoseconds - clock.bootedAt.nanoseconds) / 1000 * clock.pace)
    }

    /// The real time at which this host's clock shows `local`; never before the boot.
    func real(_ local: Instant) -> Instant {
        guard local.nanoseconds > clock.base else { return clock.bootedAt }
        let passed = (local.nanoseconds - clock.base) / clock.pace * 1000 + 1000
        return Instant(nanoseconds: clock.bootedAt.nanoseconds + passed)
    }

    mutating func reboot(now: Instant, plan: LeasePlan, timing: LeaseTiming) {
        isUp = true
        clock.bootedAt = now
        clock.base = 1_000_000_000
        worker = LeaseWorker(lockDomain, plan, timing: timing)
    }

    /// The end of the reign that the lease file permits, on the real clock; nil if it permits none.
    var standingUntil: Instant? {
        SavedLease(savedLease, in: directory.boot).map { real($0.deadline) }
    }
}

/// The worker of a host, as far as the store concerns it: it reads the leader key, and starts balancers.
struct LeaseWorker {
    var search: LeaderSearch
    /// Only the last timer counts.
    var timer = 0
    /// The watch of the leader key that is under way.
    var watch: (member: Int, number: Int)?
    var watches = 0
    /// The lock domain that had the leader key at the last read; nil if none had it.
    var leader: LockDomain?
    /// A balancer is about to be started.
    var isStarting = false

    init(_ lockDomain: LockDomain, _ plan: LeasePlan, timing: LeaseTiming) {
        search = LeaderSearch(
            memberCount: plan.members, lockDomain: lockDomain, policy: plan.policy, timing: timing)
    }
}
