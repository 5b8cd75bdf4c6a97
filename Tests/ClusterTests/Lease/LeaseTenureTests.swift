import Cluster
import Testing

/// Renewal, loss and return of a lease.
@Suite struct LeaseTenureTests {
    @Test func `A renewal counts from its question`() {
        let process = LeaseConversation.holding()
        process.tick()
        let asked = process.now
        process.wait(300)
        process.renew()
        #expect(process.saved?.deadline == asked.advanced(byMilliseconds: 4000))
    }

    @Test func `A keepalive in another raft term than the read does not count`() {
        let process = LeaseConversation.holding()
        let before = process.saved
        process.tick()
        process.answer(.keptAlive(process.header, isAlive: true))
        process.term = 3
        let member = process.call?.member
        process.read(leader: process.own, epoch: process.epoch)
        #expect(process.saved == before)
        #expect(process.call?.call == .keepAlive(lease: 5), "the next member is asked at once")
        #expect(process.call?.member != member)
    }

    @Test func `In a later raft term a renewal counts only with a lease of that term`() {
        let process = LeaseConversation.holding()
        let before = process.saved
        process.term = 3
        process.tick()
        process.renew()
        #expect(process.saved?.deadline == before?.deadline, "an earlier leader of the store may still end the lease 5")
        #expect(process.call?.call == .grant(seconds: 5))
        let granted = process.now
        process.granted(lease: 6)
        guard case .claim(let claim) = process.call?.call else {
            Issue.record("\(String(describing: process.call))")
            return
        }
        #expect(claim.lease == 6 && claim.leaderRevision == 11 && claim.leader.epoch == process.epoch)
        let effects = process.claimed(true)
        #expect(effects.allSatisfy { if case .note = $0 { false } else { true } }, "the key had not gone")
        #expect(process.saved?.lease == 6)
        #expect(process.saved?.deadline == granted.advanced(byMilliseconds: 4000))
    }

    @Test func `The next renewals of that term need no other lease`() {
        let process = LeaseConversation.holding()
        process.term = 3
        process.tick()
        process.renewInLaterTerm()
        process.tick()
        process.wait(10)
        let asked = process.now
        process.renew()
        #expect(process.call == nil)
        #expect(process.saved?.deadline == asked.advanced(byMilliseconds: 3990))
    }

    @Test func `An outdated member is asked no more than once`() {
        let process = LeaseConversation.holding()
        process.term = 5
        process.tick()
        process.renewInLaterTerm()
        let saved = process.saved
        process.term = 4
        process.tick()
        process.renew()
        #expect(process.saved == saved)
        process.term = 5
        process.renew()
        #expect(process.saved != saved)
    }

    @Test func `A silent member is passed over once, and then asked again`() {
        let process = LeaseConversation.holding()
        process.tick()
        let first = process.call?.member ?? 0
        // The first member lets the call time out. The others answer at once, and know no leader.
        process.tick()
        var asked: [Int] = []
        for _ in 0..<6 {
            while process.call == nil { process.tick() }
            asked.append(process.call?.member ?? -1)
            process.answer(.failed("no leader"))
        }
        let (second, third) = ((first + 1) % 3, (first + 2) % 3)
        #expect(asked == [second, third, second, third, first, second])
    }

    @Test func `After a failure the next members have less time, so that each has a second chance`() {
        let process = LeaseConversation.holding()
        process.tick()
        let began = process.now
        var asked: [(member: Int, at: Int64)] = []
        var number: UInt64 = 0
        while asked.count < 5, let call = process.call {
            if call.number != number { asked.append((call.member, process.now.milliseconds(since: began))) }
            number = call.number
            process.tick()
        }
        #expect(asked.map(\.at) == [0, 1000, 1500, 2250, 2750])
        #expect(Set(asked.prefix(3).map(\.member)) == [0, 1, 2])
    }

    @Test func `Without a counted renewal the reign ends at four fifths of the lifetime`() {
        let process = LeaseConversation.holding()
        let began = process.now
        for _ in 0..<1000 {
            if process.call != nil { process.answer(.failed("no leader")) }
            if process.tick().isLost {
                #expect(process.now.milliseconds(since: began) == 4000)
                #expect(process.saved == nil)
                return
            }
        }
        Issue.record("it goes on")
    }

    @Test func `After a pause for longer than the lease, nothing else comes first`() {
        let process = LeaseConversation.holding()
        process.tick()
        process.wait(6000)
        #expect(process.answer(.keptAlive(process.header, isAlive: true)).isLost)
        #expect(process.call == nil)
    }

    @Test func `Another host's key ends the reign, and so does a later term in the store`() {
        let process = LeaseConversation.holding()
        process.tick()
        process.answer(.keptAlive(process.header, isAlive: true))
        let key = StoreContent.LeaderKey(record: LeaseConversation.rival, lease: 8, revision: 12)
        #expect(process.read(leader: key, epoch: process.epoch).isLost)
        let other = LeaseConversation.holding()
        other.tick()
        other.answer(.keptAlive(other.header, isAlive: false))
        #expect(other.read(leader: nil, epoch: LeaseConversation.rival.epoch).isLost)
    }

    @Test func `A key that has gone is put back under a new lease`() {
        let process = LeaseConversation.holding()
        process.tick()
        process.answer(.keptAlive(process.header, isAlive: false))
        process.read(leader: nil, epoch: process.epoch)
        process.granted(lease: 6)
        guard case .claim(let claim)? = process.call?.call else {
            Issue.record("no claim")
            return
        }
        #expect(claim.leader.epoch == process.epoch, "the reign goes on under its epoch")
        #expect(claim.leaderRevision == 0)
        process.claimed(true)
        #expect(process.saved?.lease == 6)
        #expect(process.core.isHolding)
    }

    @Test func `A wiped store is filled again when every member shows it`() {
        let process = LeaseConversation.holding(members: 2)
        process.tick()
        process.cluster = 78
        process.revision = 1
        process.answer(.keptAlive(process.header, isAlive: false))
        process.read(leader: nil, epoch: nil)
        #expect(process.call?.call == .keepAlive(lease: 5), "one member alone may have lost its data")
        process.answer(.keptAlive(process.header, isAlive: false))
        process.read(leader: nil, epoch: nil)
        #expect(process.call?.call == .grant(seconds: 5))
        process.granted(lease: 6)
        process.claimed(true)
        #expect(process.saved?.seen.cluster == 78)
    }

    @Test func `In an orderly end a successor of the host has precedence`() {
        let process = LeaseConversation.holding()
        #expect(process.feed(.release(expectsSuccessor: true)) == [.unlockHost])
        #expect(process.tick() == [.relockHost])
        #expect(process.feed(.hostRelocked(false)) == [.settled])
        #expect(process.core.isIdle)
    }

    @Test func `A host that all workers leave gives its lease back at once`() {
        let process = LeaseConversation.holding()
        process.feed(.release(expectsSuccessor: true))
        #expect(process.feed(.workersLeft) == [.relockHost], "a successor may have been quicker all the same")
        #expect(process.feed(.hostRelocked(true)) == [.runReleaseHook(process.epoch)])
        #expect(process.feed(.workersLeft) == [], "the second worker")
    }

    @Test func `A successor that has the lock keeps the lease, whatever the workers say`() {
        let process = LeaseConversation.holding()
        #expect(process.feed(.workersLeft) == [], "the reign goes on")
        process.feed(.release(expectsSuccessor: true))
        process.feed(.workersLeft)
        #expect(process.feed(.hostRelocked(false)) == [.settled])
    }

    @Test func `Without a successor the command runs, then the lease is revoked, then the lock is free`() {
        let process = LeaseConversation.holding()
        process.feed(.release(expectsSuccessor: true))
        process.tick()
        #expect(process.feed(.hostRelocked(true)) == [.runReleaseHook(process.epoch)])
        let effects = process.feed(.hookEnded)
        #expect(effects.first == .save(nil))
        #expect(process.call?.call == .revoke(lease: 5))
        #expect(process.answer(.revoked) == [.note(.revoked), .unlockHost, .settled])
    }

    /// A balancer that loses its successor releases again.
    @Test func `A second release waits for the answers of the first one`() {
        let process = LeaseConversation.holding()
        process.feed(.release(expectsSuccessor: false))
        process.feed(.hookEnded)
        #expect(process.call?.call == .revoke(lease: 5))
        #expect(process.feed(.release(expectsSuccessor: false)) == [])
        #expect(process.answer(.revoked) == [.note(.revoked), .unlockHost, .settled])
    }

    @Test func `A command that hangs, and a store that is away, do not keep the process`() {
        let process = LeaseConversation.holding()
        process.feed(.release(expectsSuccessor: false))
        process.tick()
        #expect(process.call?.call == .revoke(lease: 5))
        process.tick()
        #expect(process.tick().contains(.settled))
    }

    @Test func `A saved lease survives as a line, in the same boot only`() throws {
        let lease = try #require(LeaseConversation.holding().saved)
        let bytes = lease.bytes(in: "boot-1")
        #expect(SavedLease(bytes, in: "boot-1") == lease)
        #expect(SavedLease(bytes, in: "boot-2") == nil)
        for index in bytes.indices {
            var torn = bytes
            torn[index] ^= 1
            #expect(SavedLease(torn, in: "boot-1") == nil)
            #expect(SavedLease(Array(bytes.prefix(index)), in: "boot-1") == nil)
        }
    }
}
