import Cluster
import Connections
import Foundation
import Proxy
import Sockets
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct RosterTests {
    private let roster = Roster(seed: 3)

    private func entry(
        _ id: String, incarnation: UInt64 = 1, port: UInt16 = 8001, host: String = "127.0.0.1",
        state: WorkerState = .ready
    ) throws -> RosterEntry {
        RosterEntry(id: try #require(NodeID(id)), incarnation: incarnation, host: host, port: port, state: state)
    }

    private func update(_ entries: [RosterEntry]) {
        roster.update(entries) { entry in
            SocketAddress(host: entry.host, port: entry.port).map {
                UpstreamEndpoint(address: $0, host: entry.host, expectation: .anybody)
            }
        }
    }

    private func load(_ id: String) throws -> Roster.Load? { roster.load(of: try #require(NodeID(id))) }

    // MARK: Counting

    @Test func countsStayExactUnderFourThreads() throws {
        let ids = ["a", "b", "c", "d", "e"]
        update(try ids.enumerated().map { try entry($1, port: UInt16(8001 + $0)) })
        let rounds = 20_000
        let failures = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 4) { [roster] thread in
            var held: [Roster.Lease] = []
            var random = UInt64(thread + 1)
            for _ in 0..<rounds {
                guard let lease = roster.acquire() else { continue }
                held.append(lease)
                // Gives back in another order than it took, in each of the ways.
                random = random &* 6_364_136_223_846_793_005 &+ 1
                if held.count > 8 {
                    let lease = held.swapRemove(at: Int(random >> 33) % held.count)
                    switch (random >> 20) % 3 {
                    case 0: _ = roster.release(lease)
                    case 1:
                        failures.wrappingAdd(1, ordering: .relaxed)
                        _ = roster.releaseFailed(lease)
                    default: roster.releaseAbandoned(lease)
                    }
                }
            }
            for lease in held { roster.releaseAbandoned(lease) }
        }
        let loads = try ids.map { try #require(try load($0)) }
        #expect(loads.map(\.outstanding) == [0, 0, 0, 0, 0])
        #expect(loads.reduce(0) { $0 + $1.requests } == UInt64(4 * rounds))
        #expect(loads.reduce(0) { $0 + $1.failures } == UInt64(failures.load(ordering: .relaxed)))
    }

    @Test func theFewestIsChosenOverAllThreads() throws {
        let ids = ["a", "b", "c"]
        update(try ids.enumerated().map { try entry($1, port: UInt16(8001 + $0)) })
        let leases = Mutex<[Roster.Lease]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { [roster] _ in
            for _ in 0..<300 {
                if let lease = roster.acquire() { leases.withLock { $0.append(lease) } }
            }
        }
        // 1200 requests that nobody gives back: exactly 400 each.
        #expect(try ids.map { try load($0)?.outstanding } == [400, 400, 400])
        for lease in leases.withLock({ $0 }) { roster.releaseAbandoned(lease) }
        #expect(try ids.map { try load($0)?.outstanding } == [0, 0, 0])
    }

    // MARK: Membership

    @Test func anUpdateOfTheSameIncarnationKeepsTheCounts() throws {
        update([try entry("a")])
        let lease = try #require(roster.acquire())
        update([try entry("a", state: .draining)])
        #expect(try load("a")?.outstanding == 1)
        #expect(try load("a")?.requests == 1)
        #expect(roster.acquire() == nil)
        #expect(roster.endpoint(of: lease.slot) != nil)
        _ = roster.release(lease)
        #expect(try load("a")?.outstanding == 0)
    }

    @Test(arguments: ["incarnation", "port", "host"])
    func aWorkerThatStartedAgainIsAnotherOne(what: String) throws {
        update([try entry("a")])
        let old = try #require(roster.acquire())
        update([
            try entry(
                "a", incarnation: what == "incarnation" ? 2 : 1, port: what == "port" ? 8002 : 8001,
                host: what == "host" ? "127.0.0.2" : "127.0.0.1")
        ])
        #expect(try load("a")?.outstanding == 0)
        #expect(try load("a")?.requests == 0)
        #expect(roster.endpoint(of: old.slot) == nil)
        #expect(roster.subject(of: old) == nil)
        let new = try #require(roster.acquire())
        #expect(new.slot != old.slot)
        // What becomes of the old one's request is nothing that the new one did.
        #expect(roster.releaseFailed(old) == nil)
        #expect(try load("a")?.outstanding == 1)
        #expect(try load("a")?.failures == 0)
        #expect(roster.release(new) == nil)
        #expect(roster.routableCount == 1)
    }

    @Test func aWorkerThatLeavesKeepsItsPlaceUntilItsRequestsHaveEnded() throws {
        update([try entry("a"), try entry("b", port: 8002)])
        let leases = [roster.acquire(), roster.acquire()].compactMap(
            \.self)
        #expect(leases.count == 2)
        update([])
        #expect(roster.routableCount == 0)
        #expect(roster.acquire() == nil)
        #expect(try load("a") == nil)
        // Newcomers do not get the counts of those that left.
        update([try entry("c"), try entry("d", port: 8002), try entry("e", port: 8003)])
        for lease in leases {
            #expect(roster.endpoint(of: lease.slot) == nil)
            #expect(roster.release(lease) == nil)
        }
        for id in ["c", "d", "e"] { #expect(try load(id)?.outstanding == 0) }
        // Their places are free again, under another generation.
        update(try ["c", "d", "e", "f", "g"].enumerated().map { try entry($1, port: UInt16(8001 + $0)) })
        var slots: [Slot] = []
        for _ in 0..<5 { slots.append(try #require(roster.acquire()).slot) }
        #expect(Set(slots.map(\.index)).isSuperset(of: leases.map(\.slot.index)))
        #expect(slots.allSatisfy { slot in leases.allSatisfy { $0.slot != slot } })
    }

    @Test func releasingTwiceCountsOnce() throws {
        update([try entry("a")])
        let first = try #require(roster.acquire())
        let second = try #require(roster.acquire())
        _ = roster.release(first)
        _ = roster.release(second)
        _ = roster.release(second)
        #expect(try load("a")?.outstanding == 0)
    }

    @Test func aWorkerWithoutAnEndpointIsNotListed() throws {
        update([try entry("a", host: "no.address"), try entry("b", port: 8002)])
        #expect(try load("a") == nil)
        #expect(roster.routableCount == 1)
    }

    // MARK: Choosing

    @Test(arguments: [WorkerState.joining, .suspect, .draining, .ejected])
    func onlyReadyWorkersAreChosen(state: WorkerState) throws {
        update([try entry("a", state: state)])
        #expect(roster.acquire() == nil)
        update([try entry("a", state: .ready)])
        #expect(roster.acquire() != nil)
    }

    @Test func thoseThatWereTriedAreNotChosenAgain() throws {
        update([try entry("a"), try entry("b", port: 8002), try entry("c", port: 8003)])
        var tried = TriedSlots()
        for _ in 0..<3 {
            let lease = try #require(roster.acquire(tried))
            #expect(!tried.contains(lease.slot))
            tried.insert(lease.slot)
        }
        #expect(roster.acquire(tried) == nil)
    }

    @Test func successIsReportedOnceAfterFailures() throws {
        update([try entry("a")])
        func acquire() throws -> Roster.Lease { try #require(roster.acquire()) }
        #expect(roster.release(try acquire()) == nil)
        #expect(roster.releaseFailed(try acquire())?.id.text == "a")
        #expect(roster.releaseFailed(try acquire())?.incarnation == 1)
        #expect(roster.release(try acquire())?.id.text == "a")
        #expect(roster.release(try acquire()) == nil)
        roster.releaseAbandoned(try acquire())
        #expect(try load("a")?.failures == 2)
        #expect(try load("a")?.requests == 6)
    }
}

extension Roster {
    /// A lease for a request that does not wait; nil when nobody is open.
    func acquire(_ tried: TriedSlots = TriedSlots()) -> Lease? {
        var demand = Demand()
        demand.tried = tried
        switch request(demand, from: attach { _, _ in }) {
        case .given(let lease): return lease
        case .waits(let ticket):
            withdraw(ticket: ticket)
            return nil
        case .nobodyElse, .queueFull: return nil
        }
    }
}

extension Array {
    /// Takes an element out in constant time; the last takes its place.
    fileprivate mutating func swapRemove(at index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}
