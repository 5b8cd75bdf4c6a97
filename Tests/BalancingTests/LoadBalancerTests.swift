import Balancing
import Cluster
import Connections
import Foundation
import Sockets
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct LoadBalancerTests {
    private let loadBalancer = LoadBalancer(seed: 3)

    private func entry(
        _ id: String, incarnation: UInt64 = 1, port: UInt16 = 8001, host: String = "127.0.0.1",
        state: WorkerState = .ready
    ) throws -> HostEntry {
        HostEntry(id: try #require(NodeID(id)), incarnation: incarnation, host: host, port: port, state: state)
    }

    private func update(_ entries: [HostEntry]) {
        loadBalancer.update(entries) { entry in
            SocketAddress(host: entry.host, port: entry.port).map {
                UpstreamEndpoint(address: $0, host: entry.host, expectation: .anybody)
            }
        }
    }

    private func load(_ id: String) throws -> LoadBalancer.Load? { loadBalancer.load(of: try #require(NodeID(id))) }

    // MARK: Counting

    @Test func countsStayExactUnderFourThreads() throws {
        let ids = ["a", "b", "c", "d", "e"]
        update(try ids.enumerated().map { try entry($1, port: UInt16(8001 + $0)) })
        let rounds = 20_000
        let failures = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: 4) { [loadBalancer] thread in
            var held: [LoadBalancer.Lease] = []
            var random = UInt64(thread + 1)
            for _ in 0..<rounds {
                guard let lease = loadBalancer.acquire() else { continue }
                held.append(lease)
                // Releases in another order than it acquired, in each of the ways.
                random = random &* 6_364_136_223_846_793_005 &+ 1
                if held.count > 8 {
                    let lease = held.swapRemove(at: Int(random >> 33) % held.count)
                    switch (random >> 20) % 3 {
                    case 0: _ = loadBalancer.release(lease)
                    case 1:
                        failures.wrappingAdd(1, ordering: .relaxed)
                        _ = loadBalancer.releaseFailed(lease)
                    default: loadBalancer.releaseCancelled(lease)
                    }
                }
            }
            for lease in held { loadBalancer.releaseCancelled(lease) }
        }
        let loads = try ids.map { try #require(try load($0)) }
        #expect(loads.map(\.outstanding) == [0, 0, 0, 0, 0])
        #expect(loads.reduce(0) { $0 + $1.requests } == UInt64(4 * rounds))
        #expect(loads.reduce(0) { $0 + $1.failures } == UInt64(failures.load(ordering: .relaxed)))
    }

    @Test func theFewestIsChosenOverAllThreads() throws {
        let ids = ["a", "b", "c"]
        update(try ids.enumerated().map { try entry($1, port: UInt16(8001 + $0)) })
        let leases = Mutex<[LoadBalancer.Lease]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { [loadBalancer] _ in
            for _ in 0..<300 {
                if let lease = loadBalancer.acquire() { leases.withLock { $0.append(lease) } }
            }
        }
        // 1200 outstanding requests: exactly 400 each.
        #expect(try ids.map { try load($0)?.outstanding } == [400, 400, 400])
        for lease in leases.withLock({ $0 }) { loadBalancer.releaseCancelled(lease) }
        #expect(try ids.map { try load($0)?.outstanding } == [0, 0, 0])
    }

    // MARK: Membership

    @Test func anUpdateOfTheSameIncarnationKeepsTheCounts() throws {
        update([try entry("a")])
        let lease = try #require(loadBalancer.acquire())
        update([try entry("a", state: .draining)])
        #expect(try load("a")?.outstanding == 1)
        #expect(try load("a")?.requests == 1)
        #expect(loadBalancer.acquire() == nil)
        #expect(loadBalancer.endpoint(of: lease.slot) != nil)
        _ = loadBalancer.release(lease)
        #expect(try load("a")?.outstanding == 0)
    }

    @Test(arguments: ["incarnation", "port", "host"])
    func aWorkerThatStartedAgainIsAnotherOne(what: String) throws {
        update([try entry("a")])
        let old = try #require(loadBalancer.acquire())
        update([
            try entry(
                "a", incarnation: what == "incarnation" ? 2 : 1, port: what == "port" ? 8002 : 8001,
                host: what == "host" ? "127.0.0.2" : "127.0.0.1")
        ])
        #expect(try load("a")?.outstanding == 0)
        #expect(try load("a")?.requests == 0)
        #expect(loadBalancer.endpoint(of: old.slot) == nil)
        #expect(loadBalancer.subject(of: old) == nil)
        let new = try #require(loadBalancer.acquire())
        #expect(new.slot != old.slot)
        // The result of the old incarnation's request does not count for the new one.
        #expect(loadBalancer.releaseFailed(old) == nil)
        #expect(try load("a")?.outstanding == 1)
        #expect(try load("a")?.failures == 0)
        #expect(loadBalancer.release(new) == nil)
        #expect(loadBalancer.routableCount == 1)
    }

    @Test func aWorkerThatLeavesKeepsItsPlaceUntilItsRequestsHaveEnded() throws {
        update([try entry("a"), try entry("b", port: 8002)])
        let leases = [loadBalancer.acquire(), loadBalancer.acquire()].compactMap(
            \.self)
        #expect(leases.count == 2)
        update([])
        #expect(loadBalancer.routableCount == 0)
        #expect(loadBalancer.acquire() == nil)
        #expect(try load("a") == nil)
        // New workers do not get the counts of those that left.
        update([try entry("c"), try entry("d", port: 8002), try entry("e", port: 8003)])
        for lease in leases {
            #expect(loadBalancer.endpoint(of: lease.slot) == nil)
            #expect(loadBalancer.release(lease) == nil)
        }
        for id in ["c", "d", "e"] { #expect(try load(id)?.outstanding == 0) }
        // Their slots are free again, with another generation.
        update(try ["c", "d", "e", "f", "g"].enumerated().map { try entry($1, port: UInt16(8001 + $0)) })
        var slots: [Slot] = []
        for _ in 0..<5 { slots.append(try #require(loadBalancer.acquire()).slot) }
        #expect(Set(slots.map(\.index)).isSuperset(of: leases.map(\.slot.index)))
        #expect(slots.allSatisfy { slot in leases.allSatisfy { $0.slot != slot } })
    }

    @Test func releasingTwiceCountsOnce() throws {
        update([try entry("a")])
        let first = try #require(loadBalancer.acquire())
        let second = try #require(loadBalancer.acquire())
        _ = loadBalancer.release(first)
        _ = loadBalancer.release(second)
        _ = loadBalancer.release(second)
        #expect(try load("a")?.outstanding == 0)
    }

    @Test func aWorkerWithoutAnEndpointIsNotListed() throws {
        update([try entry("a", host: "no.address"), try entry("b", port: 8002)])
        #expect(try load("a") == nil)
        #expect(loadBalancer.routableCount == 1)
    }

    // MARK: Selection

    @Test(arguments: [WorkerState.joining, .suspect, .draining, .ejected])
    func onlyReadyWorkersAreChosen(state: WorkerState) throws {
        update([try entry("a", state: state)])
        #expect(loadBalancer.acquire() == nil)
        update([try entry("a", state: .ready)])
        #expect(loadBalancer.acquire() != nil)
    }

    @Test func triedWorkersAreNotChosenAgain() throws {
        update([try entry("a"), try entry("b", port: 8002), try entry("c", port: 8003)])
        var tried = TriedSlots()
        for _ in 0..<3 {
            let lease = try #require(loadBalancer.acquire(tried))
            #expect(!tried.contains(lease.slot))
            tried.insert(lease.slot)
        }
        #expect(loadBalancer.acquire(tried) == nil)
    }

    /// One error may belong to the request. More of them are the worker's.
    @Test(arguments: [true, false]) func aWorkerThatOnlyErrsGetsItsShare(fails: Bool) throws {
        update([try entry("a"), try entry("b", port: 8002), try entry("c", port: 8003)])
        var held: [LoadBalancer.Lease] = []
        func requests(_ count: Int) throws -> UInt64 {
            let before = try #require(try load("a")).requests
            for _ in 0..<count {
                let lease = try #require(loadBalancer.acquire())
                guard loadBalancer.subject(of: lease)?.id.text == "a" else {
                    held.append(lease)
                    continue
                }
                if fails { _ = loadBalancer.releaseFailed(lease) } else { loadBalancer.releaseErroneous(lease) }
            }
            for lease in held { loadBalancer.releaseCancelled(lease) }
            held = []
            return try #require(try load("a")).requests - before
        }
        // The worker is always free.
        #expect((90...102).contains(try requests(300)))
        #expect(try load("a")?.failures == (fails ? UInt64(try #require(try load("a")).requests) : 0))
        // A success ends it.
        var lease = try #require(loadBalancer.acquire())
        while loadBalancer.subject(of: lease)?.id.text != "a" {
            held.append(lease)
            lease = try #require(loadBalancer.acquire())
        }
        #expect(loadBalancer.release(lease)?.id.text == (fails ? "a" : nil))
        #expect(loadBalancer.release(try #require(loadBalancer.acquire())) == nil)
    }

    @Test func successIsReportedOnceAfterFailures() throws {
        update([try entry("a")])
        func acquire() throws -> LoadBalancer.Lease { try #require(loadBalancer.acquire()) }
        #expect(loadBalancer.release(try acquire()) == nil)
        #expect(loadBalancer.releaseFailed(try acquire())?.id.text == "a")
        #expect(loadBalancer.releaseFailed(try acquire())?.incarnation == 1)
        #expect(loadBalancer.release(try acquire())?.id.text == "a")
        #expect(loadBalancer.release(try acquire()) == nil)
        loadBalancer.releaseCancelled(try acquire())
        #expect(try load("a")?.failures == 2)
        #expect(try load("a")?.requests == 6)
    }
}

extension LoadBalancer {
    /// A lease for a request that does not wait; nil if no worker is open.
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
    /// Removes an element in constant time. The last element takes its position.
    fileprivate mutating func swapRemove(at index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}
