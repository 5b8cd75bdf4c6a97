/// A worker's view of the leader key: where the balancer is, and whether no lock domain reigns.
///
/// A read every two seconds gives the truth. The watch only says that something has changed, so its content is never
/// believed: it causes a read at once.
package struct LeaderSearch: Sendable {
    package enum Event: Sendable, Equatable {
        case started
        /// Only the answers `content` and `failed` mean something here.
        case answered(StoreAnswer, number: UInt64)
        /// The watch has reported a change.
        case stirred
        /// The watch has ended or could not begin.
        case watchEnded
        case tick
    }

    package enum Effect: Sendable, Equatable {
        case read(member: Int, number: UInt64)
        /// Watch the leader key there until `watchEnded`.
        case watch(member: Int)
        case found(LeaderRecord)
        /// The leader key is free, and the store has an epoch: a candidate may take it.
        case gone
        /// The leader key is free, and this host may not take it. Reported once for each reason.
        case excluded(String)
        /// The first failure after a good read.
        case storeLost(String)
        case storeBack
    }

    private static let readMilliseconds: Int64 = 2000

    private let timing: LeaseTiming
    private let memberCount: Int
    private let lockDomain: LockDomain?
    private let policy: StoreLossPolicy
    private var exclusion: String?
    private var history: StoreHistory
    private var member = 0
    private var number: UInt64 = 0
    private var answerBy: Instant?
    private var readAt: Instant?
    private var isWatching = false
    /// A change was reported during a read.
    private var isStirred = false
    private var failures = 0
    private var hasLost = false
    private var effects: [Effect] = []

    /// - Parameters:
    ///   - memberCount: the number of listed members of the store, at least 1.
    ///   - lockDomain: the worker's; nil for a worker that starts no balancer.
    package init(
        memberCount: Int, lockDomain: LockDomain?, policy: StoreLossPolicy, timing: LeaseTiming = LeaseTiming()
    ) {
        self.memberCount = max(1, memberCount)
        self.lockDomain = lockDomain
        self.policy = policy
        self.timing = timing
        history = StoreHistory(memberCount: self.memberCount)
    }

    package var nextDeadline: Instant? { [answerBy, readAt].compactMap { $0 }.min() }

    package mutating func takeEffects() -> [Effect] {
        defer { effects.removeAll(keepingCapacity: true) }
        return effects
    }

    package mutating func feed(_ event: Event, now: Instant) {
        switch event {
        case .started: read(now: now)
        case .answered(let answer, let number):
            guard number == self.number, answerBy != nil else { return }
            answerBy = nil
            answered(answer, now: now)
        case .stirred:
            if answerBy != nil { isStirred = true } else { read(now: now) }
        case .watchEnded: isWatching = false
        case .tick:
            if let answerBy, answerBy <= now {
                self.answerBy = nil
                failed("no answer within \(timing.callMilliseconds) ms", now: now)
            } else if let readAt, readAt <= now {
                read(now: now)
            }
        }
    }

    private mutating func read(now: Instant) {
        number += 1
        readAt = nil
        isStirred = false
        answerBy = now.advanced(byMilliseconds: timing.callMilliseconds)
        effects.append(.read(member: member, number: number))
    }

    private mutating func answered(_ answer: StoreAnswer, now: Instant) {
        switch answer {
        case .content(let header, let content):
            guard history.judge(header, from: member) != .stray else {
                return failed("the member is outdated", now: now)
            }
            failures = 0
            if hasLost { effects.append(.storeBack) }
            hasLost = false
            if let leader = content.leader {
                exclusion = nil
                effects.append(.found(leader.record))
            } else if content.epoch != nil {
                leaderGone(content.successors?.list)
            }
            if !isWatching {
                isWatching = true
                effects.append(.watch(member: member))
            }
            readAt = now.advanced(byMilliseconds: LeaderSearch.readMilliseconds)
            if isStirred { read(now: now) }
        case .failed(let reason): failed(reason, now: now)
        default: failed("the answer fits no question", now: now)
        }
    }

    private mutating func leaderGone(_ list: SuccessorList?) {
        guard let lockDomain, let reason = list?.exclusion(of: lockDomain, policy: policy) else {
            effects.append(.gone)
            return
        }
        if reason != exclusion { effects.append(.excluded(reason)) }
        exclusion = reason
    }

    private mutating func failed(_ reason: String, now: Instant) {
        if !hasLost { effects.append(.storeLost(reason)) }
        hasLost = true
        // The watch is at the same member. A connection to a lost host ends only much later.
        isWatching = false
        member = (member + 1) % memberCount
        failures += 1
        if failures % memberCount == 0 {
            readAt = now.advanced(byMilliseconds: LeaderSearch.readMilliseconds / 2)
        } else {
            read(now: now)
        }
    }
}
