import Cluster
import Connections
import Foundation
import Proxy
import Sockets
import Synchronization
import Testing

/// The lines before the workers, as the loops see them.
@Suite(.timeLimit(.minutes(1))) struct RosterQueueTests {
    /// Leases as they were delivered, with the seat that they came to.
    private final class Deliveries: Sendable {
        struct Delivery { let seat: Int, ticket: UInt64, lease: Roster.Lease }
        private let all = Mutex<[Delivery]>([])

        func attach(to roster: Roster, as seat: Int) -> Roster.Seat {
            roster.attach { ticket, lease in
                self.all.withLock { $0.append(Delivery(seat: seat, ticket: ticket, lease: lease)) }
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

    private func roster(_ limits: RosterLimits = RosterLimits(), maximumRequests: [Int]) -> Roster {
        let roster = Roster(seed: 5, limits: limits)
        update(roster, maximumRequests: maximumRequests)
        return roster
    }

    private func update(_ roster: Roster, maximumRequests: [Int]) {
        let entries = maximumRequests.enumerated().compactMap { index, most in
            NodeID("worker-\(index)").map {
                RosterEntry(
                    id: $0, incarnation: 1, host: "127.0.0.1", port: UInt16(8001 + index), maximumRequests: most,
                    state: .ready)
            }
        }
        roster.update(entries) { entry in
            SocketAddress(host: entry.host, port: entry.port).map {
                UpstreamEndpoint(address: $0, host: entry.host, expectation: .anybody)
            }
        }
    }

    private func given(_ outcome: Roster.Outcome) -> Roster.Lease? {
        if case .given(let lease) = outcome { lease } else { nil }
    }

    private func ticket(_ outcome: Roster.Outcome) -> UInt64? {
        if case .waits(let ticket) = outcome { ticket } else { nil }
    }

    @Test func theOldestIsServedWhicheverLoopItIsOn() throws {
        let roster = roster(maximumRequests: [1])
        let seats = (0..<2).map { deliveries.attach(to: roster, as: $0) }
        let lease = try #require(given(roster.request(Roster.Demand(), from: seats[0])))
        let first = try #require(ticket(roster.request(Roster.Demand(), from: seats[1])))
        let second = try #require(ticket(roster.request(Roster.Demand(), from: seats[0])))
        #expect(roster.waitingCount == 2)
        #expect(deliveries.take().isEmpty)
        _ = roster.release(lease)
        let served = deliveries.take()
        #expect(served.map(\.seat) == [1])
        #expect(served.map(\.ticket) == [first])
        // Nobody who comes now overtakes.
        let third = try #require(ticket(roster.request(Roster.Demand(), from: seats[1])))
        var last = served.first?.lease
        for expected in [(0, second), (1, third)] {
            roster.releaseAbandoned(try #require(last))
            let next = deliveries.take()
            #expect(next.map(\.seat) == [expected.0] && next.map(\.ticket) == [expected.1])
            last = next.first?.lease
        }
        #expect(roster.waitingCount == 0)
    }

    @Test func whoWithdrawsIsNotServed() throws {
        let roster = roster(maximumRequests: [1])
        let seat = deliveries.attach(to: roster, as: 0)
        let lease = try #require(given(roster.request(Roster.Demand(), from: seat)))
        let tickets = try (0..<3).map { _ in try #require(ticket(roster.request(Roster.Demand(), from: seat))) }
        #expect(roster.withdraw(ticket: tickets[0]))
        #expect(!roster.withdraw(ticket: tickets[0]))
        _ = roster.releaseFailed(lease)
        #expect(deliveries.take().map(\.ticket) == [tickets[1]])
        #expect(!roster.withdraw(ticket: tickets[1]))
    }

    @Test func theLineIsBounded() throws {
        var limits = RosterLimits()
        limits.queue = 3
        let roster = roster(limits, maximumRequests: [])
        let seats = (0..<2).map { deliveries.attach(to: roster, as: $0) }
        for index in 0..<3 { #expect(ticket(roster.request(Roster.Demand(), from: seats[index % 2])) != nil) }
        guard case .queueFull = roster.request(Roster.Demand(), from: seats[0]) else {
            Issue.record("a fourth one waits")
            return
        }
        // All that can be served by a new worker are.
        update(roster, maximumRequests: [2])
        #expect(deliveries.take().count == 2)
        update(roster, maximumRequests: [3])
        #expect(deliveries.take().count == 1)
    }

    // MARK: Retries

    private func retry(after lease: Roster.Lease) -> Roster.Demand {
        var demand = Roster.Demand()
        demand.tried.insert(lease.slot)
        return demand
    }

    @Test(arguments: [(10, 3), (100, 20), (20, 4)]) func retriesUnderWayAreAShareOfAll(active: Int, allowed: Int) throws
    {
        let roster = roster(maximumRequests: [0, 0])
        let seat = deliveries.attach(to: roster, as: 0)
        let leases = try (0..<active).map { _ in try #require(given(roster.request(Roster.Demand(), from: seat))) }
        // All fail at once, and wait for another worker before the first retry has an end.
        var retries: [Roster.Lease] = []
        var waiting: [UInt64] = []
        for lease in leases {
            _ = roster.releaseFailed(lease)
            let outcome = roster.request(retry(after: lease), from: seat)
            if let lease = given(outcome) { retries.append(lease) }
            if let ticket = ticket(outcome) { waiting.append(ticket) }
        }
        #expect(retries.count == allowed)
        #expect(waiting.count == active - allowed)
        #expect(roster.waitingCount == waiting.count)
        // Each that ends makes room for the next in line, until all have been served.
        var served: [UInt64] = []
        while let lease = retries.popLast() {
            _ = roster.release(lease)
            for delivery in deliveries.take() {
                served.append(delivery.ticket)
                retries.append(delivery.lease)
            }
            #expect(retries.count <= allowed)
        }
        #expect(served == waiting)
        #expect(roster.waitingCount == 0)
    }

    @Test func retriesDoNotHoldUpOthers() throws {
        var limits = RosterLimits()
        limits.retryMinimum = 0
        limits.retryPercent = 0
        let roster = roster(limits, maximumRequests: [0, 0])
        let seat = deliveries.attach(to: roster, as: 0)
        let lease = try #require(given(roster.request(Roster.Demand(), from: seat)))
        #expect(ticket(roster.request(retry(after: lease), from: seat)) != nil)
        #expect(given(roster.request(Roster.Demand(), from: seat)) != nil)
    }

    @Test func aRetryWaitsForTheOthersOnly() throws {
        let roster = roster(maximumRequests: [1, 1])
        let seat = deliveries.attach(to: roster, as: 0)
        let first = try #require(given(roster.request(Roster.Demand(), from: seat)))
        let second = try #require(given(roster.request(Roster.Demand(), from: seat)))
        _ = roster.releaseFailed(first)
        // The other one is full: it waits, though the one that failed it is free.
        let waiting = try #require(ticket(roster.request(retry(after: first), from: seat)))
        let third = try #require(given(roster.request(Roster.Demand(), from: seat)))
        #expect(third.slot == first.slot)
        roster.releaseAbandoned(third)
        #expect(deliveries.take().isEmpty)
        _ = roster.release(second)
        #expect(deliveries.take().map(\.ticket) == [waiting])
    }

    @Test func whoHasTriedEverybodyIsTold() throws {
        let roster = roster(maximumRequests: [0])
        let seat = deliveries.attach(to: roster, as: 0)
        let lease = try #require(given(roster.request(Roster.Demand(), from: seat)))
        _ = roster.releaseFailed(lease)
        guard case .nobodyElse = roster.request(retry(after: lease), from: seat) else {
            Issue.record("it waits or is served again")
            return
        }
    }

    // MARK: Many threads

    /// Four threads that take, wait, give back and withdraw: nobody is forgotten, and no worker has more than it takes.
    @Test func nobodyIsForgotten() throws {
        let roster = roster(maximumRequests: [2, 1])
        let most = Atomic(0)
        let served = Atomic(0)
        let rounds = 5000
        DispatchQueue.concurrentPerform(iterations: 4) { thread in
            let inbox = Mutex<[(UInt64, Roster.Lease)]>([])
            let arrived = DispatchSemaphore(value: 0)
            let seat = roster.attach { ticket, lease in
                inbox.withLock { $0.append((ticket, lease)) }
                arrived.signal()
            }
            var random = SeededGenerator(seed: UInt64(thread))
            for _ in 0..<rounds {
                var lease: Roster.Lease?
                switch roster.request(Roster.Demand(), from: seat) {
                case .given(let now): lease = now
                case .waits(let ticket):
                    if random.below(4) == 0, roster.withdraw(ticket: ticket) { break }
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
                _ = roster.release(lease)
            }
        }
        #expect(served.load(ordering: .relaxed) > rounds)
        #expect(roster.waitingCount == 0)
        for name in ["worker-0", "worker-1"] {
            #expect(roster.load(of: try #require(NodeID(name)))?.outstanding == 0)
        }
    }
}
