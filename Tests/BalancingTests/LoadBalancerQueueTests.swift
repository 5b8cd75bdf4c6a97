import Balancing
import Cluster
import Connections
import Foundation
import Sockets
import Synchronization
import Testing

/// The queues for workers, from the loops' point of view.
@Suite(.timeLimit(.minutes(5))) struct LoadBalancerQueueTests {
    /// Delivered leases, with the loop of each.
    private final class Deliveries: Sendable {
        struct Delivery { let loop: Int, ticket: UInt64, lease: LoadBalancer.Lease }
        private let all = Mutex<[Delivery]>([])

        func attach(to loadBalancer: LoadBalancer, as loop: Int) -> LoadBalancer.LoopHandle {
            loadBalancer.attach { ticket, lease in
                self.all.withLock { $0.append(Delivery(loop: loop, ticket: ticket, lease: lease)) }
            }
        }

        func take() -> [Delivery] {
            all.withLock { all in
                defer { all = [] }
                return all
            }
        }
    }

    private let deliveries = Deliveries()

    private func loadBalancer(_ limits: LoadBalancerLimits = LoadBalancerLimits(), maximumRequests: [Int])
        -> LoadBalancer
    {
        let loadBalancer = LoadBalancer(seed: 5, limits: limits)
        update(loadBalancer, maximumRequests: maximumRequests)
        return loadBalancer
    }

    private func update(_ loadBalancer: LoadBalancer, maximumRequests: [Int]) {
        let entries = maximumRequests.enumerated().compactMap { index, most in
            NodeID("worker-\(index)").map {
                HostEntry(
                    id: $0, incarnation: 1, host: "127.0.0.1", port: UInt16(8001 + index),
                    offer: WorkerOffer(maximumRequests: most),
                    state: .ready)
            }
        }
        loadBalancer.update(entries) { entry in
            SocketAddress(host: entry.host, port: entry.port).map {
                UpstreamEndpoint(address: $0, host: entry.host, expectation: .anybody)
            }
        }
    }

    private func given(_ outcome: LoadBalancer.Outcome) -> LoadBalancer.Lease? {
        if case .given(let lease) = outcome { lease } else { nil }
    }

    private func ticket(_ outcome: LoadBalancer.Outcome) -> UInt64? {
        if case .waits(let ticket) = outcome { ticket } else { nil }
    }

    @Test func theOldestWaitingRequestOfAllLoopsIsServed() throws {
        let loadBalancer = loadBalancer(maximumRequests: [1])
        let loops = (0..<2).map { deliveries.attach(to: loadBalancer, as: $0) }
        let lease = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loops[0])))
        let first = try #require(ticket(loadBalancer.request(LoadBalancer.Demand(), from: loops[1])))
        let second = try #require(ticket(loadBalancer.request(LoadBalancer.Demand(), from: loops[0])))
        #expect(loadBalancer.waitingCount == 2)
        #expect(deliveries.take().isEmpty)
        _ = loadBalancer.release(lease)
        let served = deliveries.take()
        #expect(served.map(\.loop) == [1])
        #expect(served.map(\.ticket) == [first])
        // A later request overtakes none.
        let third = try #require(ticket(loadBalancer.request(LoadBalancer.Demand(), from: loops[1])))
        var last = served.first?.lease
        for expected in [(0, second), (1, third)] {
            loadBalancer.releaseCancelled(try #require(last))
            let next = deliveries.take()
            #expect(next.map(\.loop) == [expected.0] && next.map(\.ticket) == [expected.1])
            last = next.first?.lease
        }
        #expect(loadBalancer.waitingCount == 0)
    }

    @Test func aWithdrawnRequestIsNotServed() throws {
        let loadBalancer = loadBalancer(maximumRequests: [1])
        let loop = deliveries.attach(to: loadBalancer, as: 0)
        let lease = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        let tickets = try (0..<3).map { _ in
            try #require(ticket(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        }
        #expect(loadBalancer.withdraw(ticket: tickets[0]))
        #expect(!loadBalancer.withdraw(ticket: tickets[0]))
        _ = loadBalancer.releaseFailed(lease)
        #expect(deliveries.take().map(\.ticket) == [tickets[1]])
        #expect(!loadBalancer.withdraw(ticket: tickets[1]))
    }

    @Test func heldRequestsWaitAlthoughWorkersAreFreeAndRetriesGoOn() throws {
        var limits = LoadBalancerLimits()
        limits.queue = 3
        let loadBalancer = loadBalancer(limits, maximumRequests: [2, 2])
        let loop = deliveries.attach(to: loadBalancer, as: 0)
        let running = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        loadBalancer.hold(true)
        #expect(loadBalancer.isHolding)
        let tickets = try (0..<3).map { _ in
            try #require(ticket(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        }
        guard case .queueFull = loadBalancer.request(LoadBalancer.Demand(), from: loop) else {
            Issue.record("the queue is not bounded")
            return
        }
        // A request that was running fails, and goes to the other worker.
        var again = LoadBalancer.Demand()
        _ = again.tried.insert(running.slot)
        _ = loadBalancer.releaseFailed(running)
        let retry = try #require(given(loadBalancer.request(again, from: loop)))
        #expect(loadBalancer.withdraw(ticket: tickets[0]))
        _ = loadBalancer.release(retry)
        update(loadBalancer, maximumRequests: [2, 2, 2])
        #expect(deliveries.take().isEmpty, "neither a release nor a new worker serves held requests")
        loadBalancer.hold(false)
        #expect(deliveries.take().map(\.ticket) == Array(tickets.dropFirst()))
        #expect(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)) != nil)
    }

    @Test func theQueueIsBounded() throws {
        var limits = LoadBalancerLimits()
        limits.queue = 3
        let loadBalancer = loadBalancer(limits, maximumRequests: [])
        let loops = (0..<2).map { deliveries.attach(to: loadBalancer, as: $0) }
        for index in 0..<3 {
            #expect(ticket(loadBalancer.request(LoadBalancer.Demand(), from: loops[index % 2])) != nil)
        }
        guard case .queueFull = loadBalancer.request(LoadBalancer.Demand(), from: loops[0]) else {
            Issue.record("a fourth one waits")
            return
        }
        // The new worker serves as many as it can.
        update(loadBalancer, maximumRequests: [2])
        #expect(deliveries.take().count == 2)
        update(loadBalancer, maximumRequests: [3])
        #expect(deliveries.take().count == 1)
    }

    // MARK: Retries

    private func retry(after lease: LoadBalancer.Lease) -> LoadBalancer.Demand {
        var demand = LoadBalancer.Demand()
        demand.tried.insert(lease.slot)
        return demand
    }

    @Test(arguments: [(10, 3), (100, 20), (20, 4)]) func retriesUnderWayAreAShareOfAll(active: Int, allowed: Int) throws
    {
        let loadBalancer = loadBalancer(maximumRequests: [0, 0])
        let loop = deliveries.attach(to: loadBalancer, as: 0)
        let leases = try (0..<active).map { _ in
            try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        }
        // All fail at once, and wait for another worker before the first retry ends.
        var retries: [LoadBalancer.Lease] = []
        var waiting: [UInt64] = []
        for lease in leases {
            _ = loadBalancer.releaseFailed(lease)
            let outcome = loadBalancer.request(retry(after: lease), from: loop)
            if let lease = given(outcome) { retries.append(lease) }
            if let ticket = ticket(outcome) { waiting.append(ticket) }
        }
        #expect(retries.count == allowed)
        #expect(waiting.count == active - allowed)
        #expect(loadBalancer.waitingCount == waiting.count)
        // Each retry that ends makes room for the next in the queue, until all have been served.
        var served: [UInt64] = []
        while let lease = retries.popLast() {
            _ = loadBalancer.release(lease)
            for delivery in deliveries.take() {
                served.append(delivery.ticket)
                retries.append(delivery.lease)
            }
            #expect(retries.count <= allowed)
        }
        #expect(served == waiting)
        #expect(loadBalancer.waitingCount == 0)
    }

    @Test func retriesDoNotDelayOthers() throws {
        var limits = LoadBalancerLimits()
        limits.retryMinimum = 0
        limits.retryPercent = 0
        let loadBalancer = loadBalancer(limits, maximumRequests: [0, 0])
        let loop = deliveries.attach(to: loadBalancer, as: 0)
        let lease = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        #expect(ticket(loadBalancer.request(retry(after: lease), from: loop)) != nil)
        #expect(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)) != nil)
    }

    @Test func aRetryWaitsForTheOthersOnly() throws {
        let loadBalancer = loadBalancer(maximumRequests: [1, 1])
        let loop = deliveries.attach(to: loadBalancer, as: 0)
        let first = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        let second = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        _ = loadBalancer.releaseFailed(first)
        // The other worker is full. The retry waits, although the worker that failed it is free.
        let waiting = try #require(ticket(loadBalancer.request(retry(after: first), from: loop)))
        let third = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        #expect(third.slot == first.slot)
        loadBalancer.releaseCancelled(third)
        #expect(deliveries.take().isEmpty)
        _ = loadBalancer.release(second)
        #expect(deliveries.take().map(\.ticket) == [waiting])
    }

    @Test func aRequestThatTriedEveryWorkerFails() throws {
        let loadBalancer = loadBalancer(maximumRequests: [0])
        let loop = deliveries.attach(to: loadBalancer, as: 0)
        let lease = try #require(given(loadBalancer.request(LoadBalancer.Demand(), from: loop)))
        _ = loadBalancer.releaseFailed(lease)
        guard case .nobodyElse = loadBalancer.request(retry(after: lease), from: loop) else {
            Issue.record("it waits or is served again")
            return
        }
    }

    // MARK: Many threads

    /// Four threads acquire, wait, release and withdraw. No request is lost, and no worker exceeds its limit.
    @Test func everyWaitingRequestIsServed() throws {
        let loadBalancer = loadBalancer(maximumRequests: [2, 1])
        let most = Atomic(0)
        let served = Atomic(0)
        let rounds = 5000
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let inbox = Mutex<[(UInt64, LoadBalancer.Lease)]>([])
            let arrived = DispatchSemaphore(value: 0)
            let loop = loadBalancer.attach { ticket, lease in
                inbox.withLock { $0.append((ticket, lease)) }
                arrived.signal()
            }
            var random = SeededGenerator(seed: UInt64(thread))
            for _ in 0..<rounds {
                var lease: LoadBalancer.Lease?
                switch loadBalancer.request(LoadBalancer.Demand(), from: loop) {
                case .given(let now): lease = now
                case .waits(let ticket):
                    if random.below(4) == 0, loadBalancer.withdraw(ticket: ticket) { break }
                    guard arrived.wait(timeout: .now() + 30) == .success else {
                        Issue.record("a request waits for ever")
                        return
                    }
                    lease = inbox.withLock { $0.removeLast() }.1
                case .nobodyElse, .queueFull: Issue.record("refused")
                }
                guard let lease else { continue }
                let present = most.wrappingAdd(1, ordering: .relaxed).newValue
                if present > 3 { Issue.record("\(present) at a time") }
                served.wrappingAdd(1, ordering: .relaxed)
                most.wrappingSubtract(1, ordering: .relaxed)
                _ = loadBalancer.release(lease)
            }
        }
        #expect(served.load(ordering: .relaxed) > rounds)
        #expect(loadBalancer.waitingCount == 0)
        for name in ["worker-0", "worker-1"] {
            #expect(loadBalancer.load(of: try #require(NodeID(name)))?.outstanding == 0)
        }
    }
}
