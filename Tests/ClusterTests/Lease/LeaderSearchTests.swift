import Cluster
import Testing

/// A worker's view of the leader key.
@Suite struct LeaderSearchTests {
    private let now = Instant(nanoseconds: 1_000_000_000)
    private let header = StoreHeader(cluster: 1, term: 3, revision: 9)

    private func content(_ leader: LeaderRecord?, epoch: Epoch? = Epoch(1 << 24)) -> StoreContent {
        StoreContent(
            leader: leader.map { .init(record: $0, lease: 1, revision: 5) },
            epoch: epoch.map { .init(epoch: $0, revision: 4) })
    }

    @Test func `A read finds the leader, a watch begins, and a change causes a read at once`() {
        var search = LeaderSearch(memberCount: 2, lockDomain: LeaseConversation.lockDomain, policy: .failsafe)
        search.feed(.started, now: now)
        #expect(search.takeEffects() == [.read(member: 0, number: 1)])
        search.feed(.answered(.content(header, content(LeaseConversation.rival)), number: 1), now: now)
        #expect(search.takeEffects() == [.found(LeaseConversation.rival), .watch(member: 0)])
        #expect(search.nextDeadline == now.advanced(byMilliseconds: 2000))
        search.feed(.stirred, now: now)
        #expect(search.takeEffects() == [.read(member: 0, number: 2)])
        search.feed(.answered(.content(header, content(nil)), number: 2), now: now)
        #expect(search.takeEffects() == [.gone])
    }

    @Test func `An empty store and an outdated member say nothing`() {
        var search = LeaderSearch(memberCount: 2, lockDomain: LeaseConversation.lockDomain, policy: .failsafe)
        search.feed(.started, now: now)
        search.feed(.answered(.content(header, content(nil, epoch: nil)), number: 1), now: now)
        #expect(!search.takeEffects().contains(.gone))
        search.feed(.tick, now: now.advanced(byMilliseconds: 2000))
        let old = StoreHeader(cluster: 1, term: 2, revision: 9)
        search.feed(.answered(.content(old, content(nil)), number: 2), now: now)
        #expect(
            search.takeEffects().suffix(2)
                == [.storeLost("the member is outdated"), .read(member: 1, number: 3)])
    }

    @Test func `The watch follows the reads to another member`() {
        var search = LeaderSearch(memberCount: 2, lockDomain: LeaseConversation.lockDomain, policy: .failsafe)
        search.feed(.started, now: now)
        search.feed(.answered(.content(header, content(LeaseConversation.rival)), number: 1), now: now)
        search.feed(.tick, now: now.advanced(byMilliseconds: 2000))
        _ = search.takeEffects()
        search.feed(.answered(.failed("cut off"), number: 2), now: now)
        #expect(search.takeEffects() == [.storeLost("cut off"), .read(member: 1, number: 3)])
        search.feed(.answered(.content(header, content(LeaseConversation.rival)), number: 3), now: now)
        #expect(search.takeEffects() == [.storeBack, .found(LeaseConversation.rival), .watch(member: 1)])
    }

    @Test func `A member without an answer is followed by the next one, and then by a pause`() {
        var search = LeaderSearch(memberCount: 2, lockDomain: LeaseConversation.lockDomain, policy: .failsafe)
        search.feed(.started, now: now)
        let late = now.advanced(byMilliseconds: 1000)
        search.feed(.tick, now: late)
        #expect(search.takeEffects().contains(.read(member: 1, number: 2)))
        search.feed(.answered(.failed("refused"), number: 2), now: late)
        #expect(search.takeEffects() == [])
        #expect(search.nextDeadline == late.advanced(byMilliseconds: 1000))
    }
}
