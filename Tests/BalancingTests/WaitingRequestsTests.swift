import Balancing
import Cluster
import Testing

@Suite struct WaitingRequestsTests {
    @Test func firstComeFirstServed() {
        var line = WaitingRequests<Int>()
        for ticket in UInt64(1)...3 { line.append(Int(ticket) * 10, ticket: ticket) }
        var served: [Int] = []
        while let first = line.first, let waiter = line.take(first) { served.append(waiter) }
        #expect(served == [10, 20, 30])
        #expect(line.isEmpty)
    }

    @Test func aSkippedWaiterKeepsItsPlace() {
        var line = WaitingRequests<Int>()
        for ticket in UInt64(1)...5 { line.append(Int(ticket), ticket: ticket) }
        var place = line.first
        while let here = place {
            place = line.next(after: here)
            if let (ticket, _) = line[here], ticket % 2 == 0 { _ = line.take(here) }
        }
        #expect(line.count == 3)
        #expect(line.first.flatMap { line[$0]?.waiter } == 1)
    }

    /// Applies the same random operations to the queue and to an array.
    @Test(arguments: UInt64(0)..<100)
    func agreesWithAnArray(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var line = WaitingRequests<UInt64>()
        var model: [UInt64] = []
        var tickets: UInt64 = 0
        for step in 0..<1000 {
            switch random.below(10) {
            case 0..<4:
                tickets += 1 + UInt64(random.below(3))
                line.append(tickets, ticket: tickets)
                model.append(tickets)
            case 4..<7:
                let ticket = UInt64(random.below(UInt32(tickets + 2)))
                let isThere = model.contains(ticket)
                #expect(line.withdraw(ticket: ticket) == isThere, "seed \(seed) step \(step)")
                model.removeAll { $0 == ticket }
            default:
                // A position near the front.
                var place = line.first
                var position = 0
                while position < Int(random.below(3)), let here = place, let next = line.next(after: here) {
                    place = next
                    position += 1
                }
                guard let place else { continue }
                #expect(line.take(place) == model.remove(at: position), "seed \(seed) step \(step)")
            }
            #expect(line.count == model.count, "seed \(seed) step \(step)")
            #expect(line.first.flatMap { line[$0]?.ticket } == model.first, "seed \(seed) step \(step)")
        }
    }
}
