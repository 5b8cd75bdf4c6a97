package import Cluster
package import Logging
package import Sockets

/// Tells a worker where the balancer is, by the leader key of the store (`LeaderSearch`).
package final class LeaderFinder {
    /// A lock domain reigns at this address.
    package var onFound: (BalancerAddress) -> Void = { _ in }
    /// No lock domain reigns.
    package var onGone: () -> Void = {}

    private let loop: EventLoop
    private let client: StoreClient
    private let log: Logger
    private let timer: LoopTimer
    private var search: LeaderSearch

    /// - Parameter lockDomain: this host's; nil for a worker that starts no balancer.
    package init(
        loop: EventLoop, access: StoreAccess, lockDomain: LockDomain?, policy: StoreLossPolicy, log: Logger
    ) {
        self.loop = loop
        self.log = log
        let timing = LeaseTiming()
        client = StoreClient(loop: loop, access: access, timeoutMilliseconds: Int(timing.callMilliseconds))
        search = LeaderSearch(
            memberCount: client.memberCount, lockDomain: lockDomain, policy: policy, timing: timing)
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in feed(.tick) }
    }

    package func start() { feed(.started) }

    package func stop() {
        client.close()
        timer.remove()
    }

    private func feed(_ event: LeaderSearch.Event) {
        search.feed(event, now: Instant(nanoseconds: loop.now))
        for effect in search.takeEffects() { perform(effect) }
        if let deadline = search.nextDeadline { timer.set(at: deadline.nanoseconds) } else { timer.cancel() }
    }

    private func perform(_ effect: LeaderSearch.Effect) {
        switch effect {
        case .read(let member, let number):
            client.ask(.read, member: member) { [unowned self] in feed(.answered($0, number: number)) }
        case .watch(let member):
            client.watchLeader(
                member: member, stirred: { [unowned self] in feed(.stirred) },
                ended: { [unowned self] in feed(.watchEnded) })
        case .found(let leader): onFound(leader.address)
        case .gone: onGone()
        case .excluded(let reason): log.error("no host reigns, and this worker may start no balancer: \(reason)")
        case .storeLost(let reason):
            log.warning("the store does not answer; this worker stays with its balancer: \(reason)")
        case .storeBack: log.notice("the store answers again")
        }
    }
}
