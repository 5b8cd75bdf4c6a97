import Cluster
import Testing

/// Reigns without the store, while no other host takes the leader key.
@Suite struct FailsafeTests {
    private static let b = LockDomain("home-b")!
    private static let c = LockDomain("home-c")!
    private static let own = LeaseConversation.lockDomain

    private static func key(_ lockDomains: [LockDomain], policy: StoreLossPolicy = .failsafe, revision: Int64 = 12)
        -> StoreContent.SuccessorsKey
    {
        StoreContent.SuccessorsKey(list: SuccessorList(policy: policy, lockDomains: lockDomains), revision: revision)
    }

    /// A holder whose list of `b` and `c` is in the store.
    private func holder() -> LeaseConversation {
        let process = LeaseConversation.holding(policy: .failsafe)
        process.feed(.neighboursSeen([FailsafeTests.c, FailsafeTests.b]))
        process.tick()
        process.renew()
        process.answer(.listed(process.header, succeeded: true))
        return process
    }

    /// Fails every call until pledges are asked for. Returns the request.
    private func loseStore(_ process: LeaseConversation) -> (domains: [LockDomain], round: UInt64)? {
        for _ in 0..<100 {
            let effects = process.call == nil ? process.tick() : process.answer(.failed("no leader"))
            for case .askPledges(let domains, _, let round) in effects { return (domains, round) }
            if effects.isLost { return nil }
        }
        return nil
    }

    @Test func `The holder lists itself and the hosts that may stand in, once it knows them`() {
        let process = LeaseConversation.holding(policy: .failsafe)
        process.tick()
        process.renew()
        #expect(process.call == nil, "nothing is known of other hosts yet")
        process.feed(.neighboursSeen([FailsafeTests.b]))
        process.tick()
        process.renew()
        let list = SuccessorList(policy: .failsafe, lockDomains: [FailsafeTests.own, FailsafeTests.b])
        #expect(process.call?.call == .list(StoreListing(list: list, leaderRevision: 11, listRevision: 0)))
        #expect(process.saved?.successors.possible == nil, "one write without an answer is no knowledge")
        process.answer(.listed(process.header, succeeded: true))
        #expect(process.saved?.successors.possible == [FailsafeTests.own, FailsafeTests.b])
    }

    @Test func theListIsBounded() {
        let process = LeaseConversation.holding(policy: .failsafe)
        process.feed(.neighboursSeen((0..<100).map { LockDomain("a-\($0)")! }))
        process.tick()
        process.renew()
        guard case .list(let listing)? = process.call?.call else {
            Issue.record("no list is written")
            return
        }
        #expect(listing.list.lockDomains.count == 32)
        #expect(listing.list.lockDomains.contains(FailsafeTests.own))
    }

    @Test func `The last other host stays listed`() {
        let process = holder()
        process.feed(.neighboursSeen([]))
        process.tick()
        process.renew(successors: FailsafeTests.key([FailsafeTests.own, FailsafeTests.b, FailsafeTests.c]))
        #expect(process.call == nil)
    }

    @Test func `With every pledge the reign goes on, and each round counts from its question`() throws {
        let process = holder()
        let before = try #require(process.saved?.deadline)
        let first = try #require(loseStore(process))
        #expect(first.domains == [FailsafeTests.b, FailsafeTests.c])
        let asked = process.now
        process.wait(200)
        process.feed(.pledged(FailsafeTests.b, round: first.round))
        #expect(process.saved?.deadline == before)
        process.feed(.pledged(FailsafeTests.c, round: first.round))
        #expect(process.saved?.deadline == asked.advanced(byMilliseconds: 4000))
        for _ in 0..<20 {
            let next = try #require(loseStore(process))
            for lockDomain in next.domains { process.feed(.pledged(lockDomain, round: next.round)) }
        }
        #expect(process.core.isHolding)
        // The store is back.
        while process.call == nil { process.tick() }
        let list = FailsafeTests.key([FailsafeTests.own, FailsafeTests.b, FailsafeTests.c], revision: process.revision)
        #expect(process.renew(successors: list).contains(.note(.renewedAgain)))
    }

    @Test(arguments: ["one is missing", "an earlier round", "no list"])
    func `Without every pledge the reign ends in time`(kind: String) throws {
        let process = kind == "no list" ? LeaseConversation.holding(policy: .failsafe) : holder()
        let began = process.now
        var earlier: UInt64?
        for _ in 0..<1000 where process.core.isHolding {
            let effects = process.call == nil ? process.tick() : process.answer(.failed("no leader"))
            for case .askPledges(_, _, let round) in effects {
                process.feed(.pledged(FailsafeTests.b, round: round))
                if kind == "an earlier round", let earlier { process.feed(.pledged(FailsafeTests.c, round: earlier)) }
                earlier = round
            }
        }
        #expect(!process.core.isHolding)
        #expect(process.now.milliseconds(since: began) <= 4000)
    }

    @Test func `A pledge after the end of the reign changes nothing`() throws {
        let process = holder()
        let round = try #require(loseStore(process))
        process.feed(.pledged(FailsafeTests.b, round: round.round))
        process.wait(4000)
        #expect(process.feed(.pledged(FailsafeTests.c, round: round.round)).isLost)
    }

    @Test func `A list without an answer counts until a later revision is read, also for a successor`() throws {
        let process = holder()
        let d = LockDomain("home-d")!
        process.feed(.neighboursSeen([FailsafeTests.b, d]))
        process.tick()
        let known = FailsafeTests.key(
            [FailsafeTests.own, FailsafeTests.b, FailsafeTests.c], revision: process.revision)
        process.renew(successors: known)
        process.answer(.failed("no answer"))
        let all = [FailsafeTests.own, FailsafeTests.b, FailsafeTests.c, d]
        #expect(process.saved?.successors.possible == all)
        let saved = try #require(process.saved.flatMap { SavedLease($0.bytes(in: "boot"), in: "boot") })
        let successor = LeaseConversation(policy: .failsafe)
        successor.wait(process.now.milliseconds(since: successor.now))
        successor.feed(.acquire(after: .none))
        successor.feed(.hostLocked(process.epoch.next, saved: saved))
        #expect(try #require(loseStore(successor)).domains == [FailsafeTests.b, FailsafeTests.c, d])
        while process.call == nil { process.tick() }
        let later = FailsafeTests.key([FailsafeTests.own, d], revision: process.revision + 1)
        process.feed(.neighboursSeen([d]))
        process.renew(successors: later)
        #expect(process.saved?.successors.possible == [FailsafeTests.own, d])
    }

    /// Otherwise a successor on this host would go on by the pledges of an old list, after the key is there again.
    @Test func `A holder whose key and list are gone saves that before it asks for a new lease`() {
        let process = holder()
        #expect(process.saved?.successors.possible != nil)
        process.tick()
        process.answer(.keptAlive(process.header, isAlive: false))
        let effects = process.read(leader: nil, epoch: process.epoch, successors: nil)
        let steps = effects.compactMap { effect -> String? in
            switch effect {
            case .save(let lease): lease?.successors.possible == nil ? "no list is saved" : "a list is saved"
            case .call(.grant, _, _): "a lease is asked for"
            default: nil
            }
        }
        #expect(steps == ["no list is saved", "a lease is asked for"])
    }

    @Test func `A host that has pledged claims nothing until the end of its pledge`() {
        for (left, isRefused) in [(Int64(1), true), (0, false)] {
            let process = LeaseConversation(policy: .failsafe)
            process.wait(10_000)
            let pledge = Pledge(
                lockDomain: FailsafeTests.b, epoch: process.epoch, until: process.now.advanced(byMilliseconds: left))
            process.feed(.acquire(after: .none))
            let effects = process.feed(.hostLocked(Epoch(1), saved: nil, pledge: pledge))
            #expect(effects.answers.isEmpty != isRefused)
            #expect(process.isReadAsked != isRefused)
        }
    }

    @Test func `A host that has just started waits for one lifetime before it claims`() {
        let process = LeaseConversation(policy: .failsafe)
        process.feed(.acquire(after: .none))
        #expect(process.feed(.hostLocked(Epoch(1), saved: nil)) == [.note(.waitsAfterBoot(milliseconds: 4000))])
        process.tick()
        #expect(process.isReadAsked)
        #expect(process.now == Instant(nanoseconds: 5_000_000_000))
        // The wait is none for a loss of data.
        #expect(process.read(leader: nil, epoch: nil) == [.note(.waitsInEmptyStore(milliseconds: 5000))])
    }

    @Test(arguments: [
        (key([b, c]), "did not list this host"), (key([], policy: .stop), "the cluster has stop"),
    ])
    func `A host that is not listed, or has another policy, claims nothing`(
        successors: StoreContent.SuccessorsKey, reason: String
    ) {
        let process = LeaseConversation(policy: .failsafe)
        process.wait(10_000)
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        let effects = process.read(leader: nil, epoch: Epoch(3 << 24), successors: successors)
        guard case .failed(let text)? = effects.answers.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(text.contains(reason))
    }

    @Test func `Only a person claims in a store that does not know the last reign`() {
        for isByHand in [true, false] {
            let process = LeaseConversation(isByHand: isByHand, policy: .failsafe)
            process.wait(10_000)
            process.feed(.acquire(after: Epoch(9 << 24)))
            process.feed(.hostLocked(Epoch(9 << 24 + 1), saved: nil))
            let effects = process.read(leader: nil, epoch: Epoch(3 << 24))
            #expect(effects.answers.isEmpty == isByHand)
        }
    }

    // MARK: Pledges

    @Test func `A pledge lasts a lifetime from the answer, and survives as a line in the same boot`() throws {
        let now = Instant(nanoseconds: 7_000_000_000)
        let request = PledgeRequest(lockDomain: FailsafeTests.b, epoch: Epoch(9), milliseconds: 5000)
        let pledge = try #require(request.pledge(of: FailsafeTests.own, known: Epoch(9), saved: nil, now: now))
        #expect(pledge.until == Instant(nanoseconds: 12_000_000_000))
        let bytes = pledge.bytes(in: "boot-1")
        #expect(Pledge(bytes, in: "boot-1") == pledge)
        #expect(Pledge(bytes, in: "boot-2") == nil)
        for index in bytes.indices {
            var torn = bytes
            torn[index] ^= 1
            #expect(Pledge(torn, in: "boot-1") == nil)
            #expect(Pledge(Array(bytes.prefix(index)), in: "boot-1") == nil)
        }
    }

    @Test func `A host gives no pledge to itself, to an earlier reign, for too long, or while it may reign`() throws {
        let now = Instant(nanoseconds: 7_000_000_000)
        func pledge(
            _ lockDomain: LockDomain = FailsafeTests.b, epoch: Epoch = Epoch(9), milliseconds: Int64 = 5000,
            saved: SavedLease? = nil
        ) -> Pledge? {
            PledgeRequest(lockDomain: lockDomain, epoch: epoch, milliseconds: milliseconds)
                .pledge(of: FailsafeTests.own, known: Epoch(9), saved: saved, now: now)
        }
        #expect(pledge(FailsafeTests.own) == nil)
        #expect(pledge(epoch: Epoch(8)) == nil)
        #expect(pledge(epoch: Epoch(UInt64.max)) == nil)
        for milliseconds in [Int64.min, 0, 60_001, Int64.max] { #expect(pledge(milliseconds: milliseconds) == nil) }
        let seen = StoreHeader(cluster: 1, term: 2, revision: 3)
        for (left, isGiven) in [(Int64(1), false), (0, true)] {
            let saved = SavedLease(
                lease: 1, leaderRevision: 2, epoch: Epoch(3), seen: seen, deadline: now.advanced(byMilliseconds: left))
            #expect((pledge(saved: saved) != nil) == isGiven)
        }
    }

    @Test func `A worker that may not take the key says so once, and does not report that the key is free`() {
        var search = LeaderSearch(memberCount: 1, lockDomain: FailsafeTests.own, policy: .failsafe)
        let content = StoreContent(
            leader: nil, epoch: .init(epoch: Epoch(1 << 24), revision: 2),
            successors: FailsafeTests.key([FailsafeTests.b]))
        var now = Instant(nanoseconds: 1)
        search.feed(.started, now: now)
        _ = search.takeEffects()
        for number in 1...3 as ClosedRange<UInt64> {
            let header = StoreHeader(cluster: 1, term: 2, revision: 3)
            search.feed(.answered(.content(header, content), number: number), now: now)
            let effects = search.takeEffects()
            #expect(!effects.contains(.gone))
            let isTold = effects.contains { if case .excluded = $0 { true } else { false } }
            #expect(isTold == (number == 1))
            now = now.advanced(byMilliseconds: 2000)
            search.feed(.tick, now: now)
        }
    }
}
