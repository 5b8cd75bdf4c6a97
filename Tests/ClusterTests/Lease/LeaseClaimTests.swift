import Cluster
import Testing

/// The claim of a host's lease by a balancer process.
@Suite struct LeaseClaimTests {
    @Test func `A claim locks the host, reads, reserves a later term, and takes key and epoch in one transaction`() {
        let process = LeaseConversation()
        #expect(process.feed(.acquire(after: Epoch(2))) == [.lockHost(after: Epoch(2))])
        process.feed(.hostLocked(Epoch(3), saved: nil))
        #expect(process.isReadAsked)
        #expect(process.read(leader: nil, epoch: Epoch(3 << 24)) == [.reserveEpoch(above: Epoch(3 << 24))])
        process.feed(.epochReserved(process.epoch))
        #expect(process.call?.call == .grant(seconds: 5))
        process.granted(lease: 5)
        let claim = StoreClaim(
            leader: process.own.record, lease: 5, leaderRevision: 0, epochRevision: 3, leaseTerm: 2)
        #expect(process.call?.call == .claim(claim))
        #expect(process.claimed(true).answers == [.granted(process.epoch)])
        #expect(process.saved?.lease == 5)
    }

    @Test func `Another host's key refuses the claim and frees the host's lock`() {
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        let key = StoreContent.LeaderKey(record: LeaseConversation.rival, lease: 8, revision: 9)
        let effects = process.read(leader: key, epoch: LeaseConversation.rival.epoch)
        #expect(effects.first == .unlockHost)
        guard case .failed(let reason)? = effects.answers.first else {
            Issue.record("\(effects)")
            return
        }
        #expect(reason.contains("10.0.0.2:7000"))
    }

    @Test func `A successor of the same host continues a lease that still counts, without a call`() throws {
        let first = LeaseConversation.holding()
        let saved = try #require(first.saved)
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        let next = first.epoch.next
        #expect(process.feed(.hostLocked(next, saved: saved)).answers == [.granted(next)])
        #expect(process.call == nil)
        // The next turn renews it.
        process.tick()
        #expect(process.call?.call == .keepAlive(lease: 5))
    }

    @Test(arguments: [0, 1])
    func `A lease that is over, or an epoch of another term, leads to the store`(kind: Int) throws {
        let first = LeaseConversation.holding()
        let saved = try #require(first.saved)
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        if kind == 0 { process.wait(4000) }
        process.feed(.hostLocked(kind == 0 ? first.epoch.next : Epoch(9 << 24), saved: saved))
        #expect(process.isReadAsked)
    }

    @Test func `A claim without an answer is decided by a read`() {
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        process.read(leader: nil, epoch: Epoch(3 << 24))
        process.feed(.epochReserved(process.epoch))
        process.granted(lease: 5)
        let first = process.call?.member
        process.tick()
        #expect(process.isReadAsked)
        #expect(process.call?.member != first, "the next member is asked at once")
        process.revision = 11
        #expect(process.read(leader: process.own, epoch: process.epoch).answers == [.granted(process.epoch)])
    }

    @Test func `An answer that is too late means nothing`() {
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        let late = process.call?.number ?? 0
        process.tick()
        let content = StoreContent(leader: nil, epoch: .init(epoch: Epoch(3 << 24), revision: 3))
        #expect(process.feed(.answered(.content(process.header, content), number: late)) == [])
    }

    @Test func `Members that all fail get a pause, and the claim ends in time`() {
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        var calls = 0
        for _ in 0..<100 {
            if process.call != nil {
                calls += 1
                process.answer(.failed("refused"))
            } else {
                let answers = process.tick().answers
                if !answers.isEmpty {
                    #expect(answers == [.failed("the store does not answer: refused")])
                    #expect(calls <= 3 * 17)
                    return
                }
            }
        }
        Issue.record("no end after \(calls) calls")
    }

    @Test func `A candidate never fills an empty store`() {
        let process = LeaseConversation(isByHand: false)
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        guard case .failed(let reason)? = process.read(leader: nil, epoch: nil).answers.first else {
            Issue.record("it goes on")
            return
        }
        #expect(reason.contains("by hand"))
    }

    @Test func `A person's start waits for one lifetime in an empty store`() {
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        process.read(leader: nil, epoch: nil)
        #expect(process.call == nil)
        let before = process.now
        process.tick()
        #expect(process.now.milliseconds(since: before) == 5000)
        #expect(process.isReadAsked)
        #expect(process.read(leader: nil, epoch: nil) == [.reserveEpoch(above: Epoch(1))])
    }

    @Test(arguments: [false, true])
    func `A store whose epoch is before the last known reign is waited for`(isByHand: Bool) {
        let process = LeaseConversation(isByHand: isByHand)
        process.feed(.acquire(after: Epoch(7 << 24 + 2)))
        process.feed(.hostLocked(Epoch(8 << 24), saved: nil))
        #expect(
            process.read(leader: nil, epoch: Epoch(3 << 24)) == [.note(.waitsInOldStore(milliseconds: 5000))])
        let before = process.now
        process.tick()
        #expect(process.now.milliseconds(since: before) == 5000)
        #expect(process.read(leader: nil, epoch: Epoch(3 << 24)) == [.reserveEpoch(above: Epoch(8 << 24))])
    }

    @Test func `A store that is replaced during a claim is waited for, even after another wait`() {
        let process = LeaseConversation(members: 1)
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        process.read(leader: nil, epoch: nil)
        process.tick()
        process.revision = 4
        let effects = process.read(leader: nil, epoch: Epoch(3 << 24))
        #expect(effects == [.note(.storeReplaced), .note(.waitsInOldStore(milliseconds: 5000))])
        process.tick()
        #expect(process.read(leader: nil, epoch: Epoch(3 << 24)) == [.reserveEpoch(above: Epoch(3 << 24))])
    }

    @Test func `A claim that is given up returns its lease`() {
        let process = LeaseConversation()
        process.feed(.acquire(after: .none))
        process.feed(.hostLocked(Epoch(1), saved: nil))
        process.read(leader: nil, epoch: Epoch(3 << 24))
        process.feed(.epochReserved(process.epoch))
        process.granted(lease: 5)
        let effects = process.feed(.release(expectsSuccessor: false))
        #expect(effects.contains(.call(.revoke(lease: 5), member: 0, number: 0)))
        #expect(effects.suffix(2) == [.unlockHost, .settled])
    }
}
