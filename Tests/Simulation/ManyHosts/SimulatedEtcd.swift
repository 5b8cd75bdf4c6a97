import Cluster

/// A store like etcd, in virtual time: one history of keys and leases, and members that agree on it by raft.
///
/// It copies these rules of etcd 3.4:
/// - Reads and changes need a leader that reaches a majority. A leader that does not know of its end still answers keepalives.
/// - A lease ends only by the word of such a leader, and a new leader restarts the time of every lease.
/// - An answer carries the raft term that the asked member knows.
/// - A change whose client has given up may still happen when the majority is back.
/// - A key and its lease end together.
/// - A leader that stood still asks, when it wakes, for the end of the leases whose time is over by its own knowledge, before it
///   learns that it leads no more. The present leader does it.
struct SimulatedEtcd {
    /// The state on which a majority has agreed.
    struct Content {
        struct Lease {
            let id: Int64
            let milliseconds: Int64
            var endsAt: Instant
        }

        var cluster: UInt64
        var revision: Int64 = 1
        var leader: StoreContent.LeaderKey?
        var epoch: StoreContent.EpochKey?
        var successors: StoreContent.SuccessorsKey?
        /// In the order of their grants.
        var leases: [Lease] = []

        var keys: StoreContent { StoreContent(leader: leader, epoch: epoch, successors: successors) }

        func hasLease(_ id: Int64) -> Bool { leases.contains { $0.id == id } }

        /// Ends a lease and its key. Returns false if there is no such lease.
        mutating func end(_ id: Int64) -> Bool {
            guard let position = leases.firstIndex(where: { $0.id == id }) else { return false }
            leases.remove(at: position)
            guard leader?.lease == id else { return true }
            leader = nil
            revision += 1
            return true
        }
    }

    struct Member {
        private(set) var isUp = true
        /// Stopped by SIGSTOP: it keeps its connections and answers nothing.
        var isFrozen = false
        /// Members of different sides can't reach each other.
        var side = 0
        /// The raft term that the member knows.
        var term: UInt64 = 2
        /// The leader that the member knows, right or wrong.
        var knownLeader: Int?
        /// The leases that the leader knew when it was frozen.
        var leasesBefore: [Content.Lease] = []
        /// The member has lost its data, and serves a cluster of its own.
        var ownCluster: Content?

        /// The process ends, and what it knew is gone.
        mutating func end() {
            isUp = false
            leasesBefore = []
        }

        mutating func start() { isUp = true }
    }

    /// The outcome of a call at a member.
    enum Reply {
        case answer(StoreAnswer)
        /// No answer comes.
        case silence
        /// No answer comes, and the change happens when the majority is back.
        case held
    }

    var content: Content
    var members: [Member]
    var term: UInt64 = 2
    var leader: Int? = 0
    /// Some changes happen only after their clients have given up.
    var isDiskSlow = true
    /// The quota is used up: reads and keepalives only.
    var isReadOnly = false
    /// The duration of a second on the store's clocks, in thousandths.
    let pace: Int64
    private var random: SeededGenerator

    init(members count: Int, pace: Int64, seed: UInt64) {
        random = SeededGenerator(seed: seed)
        self.pace = pace
        content = Content(cluster: random.next())
        members = (0..<count).map { _ in
            var member = Member()
            member.knownLeader = 0
            return member
        }
    }

    // MARK: Raft

    mutating func freeze(_ member: Int) {
        members[member].isFrozen = true
        members[member].leasesBefore = leader == member ? content.leases : []
    }

    /// The member goes on. Returns the leases that it will have ended.
    mutating func thaw(_ member: Int, now: Instant) -> [Int64] {
        members[member].isFrozen = false
        defer { members[member].leasesBefore = [] }
        return members[member].leasesBefore.filter { $0.endsAt <= now }.map(\.id)
    }

    /// Ends a lease by the word of a past leader. Returns whether the leader key has gone.
    mutating func end(_ lease: Int64) -> Bool {
        let hadLeader = content.leader != nil
        _ = content.end(lease)
        return hadLeader && content.leader == nil
    }

    private func isActive(_ member: Int) -> Bool {
        members[member].isUp && !members[member].isFrozen && members[member].ownCluster == nil
    }

    private func hasMajority(side: Int) -> Bool {
        2 * members.indices.count { isActive($0) && members[$0].side == side } > members.count
    }

    /// The leader, if it reaches a majority.
    var workingLeader: Int? {
        guard let leader, isActive(leader), hasMajority(side: members[leader].side) else { return nil }
        return leader
    }

    /// The members that a majority could elect.
    var candidates: [Int] { members.indices.filter { isActive($0) && hasMajority(side: members[$0].side) } }

    /// A new leader restarts the time of every lease. Only the members in `aware` learn of it at once.
    mutating func elect(_ member: Int, aware: [Int], now: Instant) {
        term += 1
        leader = member
        for position in content.leases.indices {
            content.leases[position].endsAt = end(of: content.leases[position].milliseconds, from: now)
        }
        for index in aware + [member] { learn(index) }
    }

    /// The member hears of the leader, if it can.
    mutating func learn(_ member: Int) {
        guard isActive(member), let leader, isActive(leader), members[leader].side == members[member].side else {
            return
        }
        members[member].term = term
        members[member].knownLeader = leader
    }

    /// A leader that reaches no majority gives up after an election timeout.
    mutating func resign(_ member: Int) {
        if members[member].knownLeader == member, workingLeader != member { members[member].knownLeader = nil }
    }

    /// The store returns with other data, and a raft history of its own. The leases begin anew.
    mutating func replace(with content: Content, now: Instant, term: UInt64, leader: Int) {
        self.content = content
        self.term = term - 1
        isReadOnly = false
        for member in members.indices {
            members[member] = Member()
            members[member].term = self.term
        }
        elect(leader, aware: Array(members.indices), now: now)
    }

    private func end(of milliseconds: Int64, from now: Instant) -> Instant {
        now.advanced(byMilliseconds: milliseconds * pace / 1000)
    }

    /// Ends the leases whose time is over. Returns whether the leader key has gone.
    mutating func expire(now: Instant) -> Bool {
        guard workingLeader != nil else { return false }
        let hadLeader = content.leader != nil
        for lease in content.leases where lease.endsAt <= now { _ = content.end(lease.id) }
        return hadLeader && content.leader == nil
    }

    var nextExpiry: Instant? { content.leases.map(\.endsAt).min() }

    // MARK: Calls

    mutating func ask(_ call: StoreCall, at member: Int, now: Instant) -> Reply {
        guard members[member].isUp else { return .answer(.failed("refused")) }
        if var own = members[member].ownCluster {
            let answer = SimulatedEtcd.execute(
                call, in: &own, term: members[member].term, isReadOnly: false, lease: newLease(),
                end: { now.advanced(byMilliseconds: $0) })
            members[member].ownCluster = own
            return .answer(answer)
        }
        if case .keepAlive(let lease) = call { return keepAlive(lease, at: member, now: now) }
        guard let leader = workingLeader, members[member].knownLeader == leader, members[member].term == term,
            members[member].side == members[leader].side
        else {
            switch random.below(10) {
            case 0..<4: return .answer(.failed("etcdserver: no leader"))
            case 4..<7: return call.isChange ? .held : .silence
            default: return .silence
            }
        }
        // A slow disk: the client gives up before the change happens.
        switch call {
        case .claim, .list: if isDiskSlow, random.below(12) == 0 { return .held }
        default: break
        }
        return .answer(execute(call, headerTerm: members[member].term, now: now))
    }

    /// A change that was held. Its answer reaches nobody.
    mutating func catchUp(_ call: StoreCall, now: Instant) { _ = execute(call, headerTerm: term, now: now) }

    private mutating func keepAlive(_ lease: Int64, at member: Int, now: Instant) -> Reply {
        guard let asked = members[member].knownLeader, isActive(asked), members[asked].side == members[member].side
        else { return random.below(2) == 0 ? .silence : .answer(.failed("etcdserver: no leader")) }
        let header = StoreHeader(
            cluster: content.cluster, term: members[member].term, revision: content.revision)
        guard asked == leader else {
            // An old leader knows the leases of its time, and can't change them any more.
            return .answer(.keptAlive(header, isAlive: true))
        }
        _ = expire(now: now)
        guard let position = content.leases.firstIndex(where: { $0.id == lease }) else {
            return .answer(.keptAlive(header, isAlive: false))
        }
        content.leases[position].endsAt = end(of: content.leases[position].milliseconds, from: now)
        return .answer(.keptAlive(header, isAlive: true))
    }

    private mutating func execute(_ call: StoreCall, headerTerm: UInt64, now: Instant) -> StoreAnswer {
        _ = expire(now: now)
        let pace = self.pace
        return SimulatedEtcd.execute(
            call, in: &content, term: headerTerm, isReadOnly: isReadOnly, lease: newLease(),
            end: { now.advanced(byMilliseconds: $0 * pace / 1000) })
    }

    private mutating func newLease() -> Int64 { Int64(random.next() >> 2) | 1 }

    private static func execute(
        _ call: StoreCall, in content: inout Content, term: UInt64, isReadOnly: Bool, lease id: Int64,
        end: (Int64) -> Instant
    ) -> StoreAnswer {
        var header: StoreHeader { StoreHeader(cluster: content.cluster, term: term, revision: content.revision) }
        switch call {
        case .read: return .content(header, content.keys)
        case .keepAlive(let lease): return .keptAlive(header, isAlive: content.hasLease(lease))
        case .grant(let seconds):
            guard !isReadOnly else { return .failed("etcdserver: mvcc: database space exceeded") }
            let milliseconds = Int64(seconds) * 1000
            content.leases.append(.init(id: id, milliseconds: milliseconds, endsAt: end(milliseconds)))
            return .granted(header, lease: id, seconds: seconds)
        case .claim(let claim):
            guard !isReadOnly else { return .failed("etcdserver: mvcc: database space exceeded") }
            guard (content.leader?.revision ?? 0) == claim.leaderRevision,
                (content.epoch?.revision ?? 0) == claim.epochRevision
            else { return .claimed(header, succeeded: false) }
            guard content.hasLease(claim.lease) else { return .failed("etcdserver: requested lease not found") }
            content.revision += 1
            content.leader = .init(record: claim.leader, lease: claim.lease, revision: content.revision)
            content.epoch = .init(epoch: claim.leader.epoch, revision: content.revision)
            return .claimed(header, succeeded: true)
        case .list(let listing):
            guard !isReadOnly else { return .failed("etcdserver: mvcc: database space exceeded") }
            guard content.leader?.revision == listing.leaderRevision,
                (content.successors?.revision ?? 0) == listing.listRevision
            else { return .listed(header, succeeded: false) }
            content.revision += 1
            content.successors = .init(list: listing.list, revision: content.revision)
            return .listed(header, succeeded: true)
        case .revoke(let lease):
            return content.end(lease) ? .revoked : .failed("etcdserver: requested lease not found")
        }
    }
}

extension StoreCall {
    var name: String {
        switch self {
        case .read: "read"
        case .grant: "grant"
        case .keepAlive: "keep alive"
        case .claim: "claim"
        case .list: "list"
        case .revoke: "revoke"
        }
    }

    var isChange: Bool {
        switch self {
        case .read, .keepAlive: false
        case .grant, .claim, .list, .revoke: true
        }
    }
}
