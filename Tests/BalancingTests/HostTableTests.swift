import Balancing
import Cluster
import Testing

@Suite struct HostTableTests {
    @Test func anEmptyTableHasNoWorker() {
        var table = HostTable(seed: 1)
        #expect(table.acquire() == nil)
        #expect(table.routableCount == 0)
    }

    /// The next `count` requests, one after the other.
    private func sequence(of count: Int, _ table: inout HostTable) -> [Slot] {
        (0..<count).compactMap { _ in
            let slot = table.acquire()
            if let slot { table.release(slot) }
            return slot
        }
    }

    @Test func requestsInSequenceRotate() {
        var table = HostTable(seed: 7)
        let slots = (0..<3).map { _ in table.insert(isRoutable: true) }
        let first = sequence(of: 3, &table)
        #expect(Set(first) == Set(slots))
        #expect(sequence(of: 6, &table) == first + first)
        // A new worker has the next turn.
        let new = table.insert(isRoutable: true)
        #expect(sequence(of: 8, &table) == [new] + first + [new] + first)
    }

    /// Workers with a limit leave the order with each request. They keep their turn.
    @Test func workersThatServeOneRequestAtATimeRotateToo() {
        var table = HostTable(seed: 7)
        for _ in 0..<3 { _ = table.insert(HostShare(maximumRequests: 1), isRoutable: true) }
        let first = sequence(of: 3, &table)
        #expect(Set(first).count == 3)
        #expect(sequence(of: 6, &table) == first + first)
    }

    @Test func aWorkerThatEndsALongRequestIsTheNext() {
        var table = HostTable(seed: 7)
        for _ in 0..<3 { _ = table.insert(isRoutable: true) }
        let long = table.acquire()
        let others = Set(sequence(of: 5, &table))
        #expect(others.count == 2 && !others.contains { $0 == long })
        if let long { table.release(long) }
        #expect(table.acquire() == long)
    }

    @Test func triedWorkersAreSkipped() {
        var table = HostTable(seed: 1)
        let slots = (0..<4).map { _ in table.insert(isRoutable: true) }
        var tried = TriedSlots()
        for _ in 0..<3 {
            guard let slot = table.acquire(excluding: tried) else {
                Issue.record("there was somebody left")
                return
            }
            #expect(!tried.contains(slot))
            #expect(tried.insert(slot) == true)
        }
        #expect(tried.insert(slots.first { !tried.contains($0) } ?? slots[0]) == false)
        #expect(tried.count == 3)
        let last = table.acquire(excluding: tried)
        #expect(last != nil && slots.contains { $0 == last })
    }

    @Test func aRemovedWorkerStillGetsItsRequestsBack() throws {
        var table = HostTable(seed: 1)
        let old = table.insert(isRoutable: true)
        #expect(table.acquire() == old)
        #expect(table.acquire() == old)
        table.remove(old)
        #expect(table.acquire() == nil)
        #expect(table.outstanding(of: old) == 2)
        let second = table.insert(isRoutable: true)
        #expect(second.index != old.index, "the place is still in use")
        table.release(old)
        table.release(old)
        #expect(table.totalOutstanding == 0)
        let third = table.insert(isRoutable: true)
        #expect(third.index == old.index && third.generation != old.generation)
        table.release(old)
        #expect(table.outstanding(of: third) == 0, "a release too many hit the next tenant")
    }

    @Test func aWorkerOutOfTheRotationKeepsItsCount() {
        var table = HostTable(seed: 1)
        let slot = table.insert(isRoutable: true)
        _ = table.acquire()
        _ = table.acquire()
        table.update(slot, isRoutable: false)
        #expect(table.acquire() == nil)
        table.release(slot)
        table.update(slot, isRoutable: true)
        #expect(table.outstanding(of: slot) == 1)
        #expect(table.acquire() == slot)
        #expect(table.outstanding(of: slot) == 2)
    }

    @Test func capacitiesAboveFifteenAreRoundedDownALittle() {
        for capacity in 1...WorkerOffer.maximumCapacity {
            let group = CapacityClass(of: capacity)
            #expect((1...63).contains(group.number))
            let counted = Int(group.capacity)
            #expect(counted <= capacity && counted * 8 > capacity * 7, "\(capacity) counts as \(counted)")
            if capacity < 16 { #expect(counted == capacity) }
            #expect(CapacityClass(of: counted) == group)
        }
        #expect(CapacityClass(of: 0) == CapacityClass(of: 1))
        #expect(CapacityClass(of: .max) == CapacityClass(of: WorkerOffer.maximumCapacity))
    }

    @Test func thereIsALimitForEachWorker() {
        var table = HostTable(seed: 1)
        let slot = table.insert(isRoutable: true)
        for _ in 0..<HostTable.maximumOutstanding { _ = table.acquire() }
        #expect(table.acquire() == nil)
        table.release(slot)
        #expect(table.acquire() == slot)
    }

    @Test func aWorkerGetsNoMoreThanItsLimit() {
        var table = HostTable(seed: 1)
        let small = table.insert(HostShare(maximumRequests: 2), isRoutable: true)
        let large = table.insert(HostShare(maximumRequests: 5), isRoutable: true)
        let given = (0..<8).compactMap { _ in table.acquire() }
        #expect(given.count { $0 == small } == 2)
        #expect(given.count { $0 == large } == 5)
        #expect(table.openCount == 0)
        #expect(table.routableCount == 2)
        #expect(table.isAnybodyRoutable(besides: TriedSlots(small)))
        table.release(small)
        #expect(table.acquire() == small)
        // A worker may lower its limit.
        table.update(small, HostShare(maximumRequests: 1), isRoutable: true)
        table.release(small)
        #expect(table.acquire() == nil)
        table.update(small, HostShare(maximumRequests: 3), isRoutable: true)
        #expect(table.acquire() == small)
    }

    @Test func requestsAreSharedByCapacity() {
        var table = HostTable(seed: 1)
        let slots = [1, 2, 5].map { table.insert(HostShare(capacity: $0), isRoutable: true) }
        for _ in 0..<80 { _ = table.acquire() }
        #expect(slots.map { table.outstanding(of: $0) } == [10, 20, 50])
    }

    @Test func freeWorkersTakeTurnsByCapacity() {
        var table = HostTable(seed: 1)
        let small = table.insert(HostShare(capacity: 1), isRoutable: true)
        let large = table.insert(HostShare(capacity: 3), isRoutable: true)
        let twins = (0..<2).map { _ in table.insert(HostShare(capacity: 2), isRoutable: true) }
        for _ in 0..<100 {
            let round = sequence(of: 8, &table)
            #expect(round.count { $0 == small } == 1, "\(round)")
            #expect(round.count { $0 == large } == 3, "\(round)")
            for twin in twins { #expect(round.count { $0 == twin } == 2, "\(round)") }
        }
    }

    @Test func aStartingWorkerOfGreatCapacityStartsSmallToo() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        let old = table.insert(HostShare(capacity: 10), isRoutable: true)
        let new = table.insert(HostShare(capacity: 10), isRoutable: true, slowStartBegan: at(0))
        for _ in 0..<1100 { _ = table.acquire() }
        #expect((80...350).contains(table.outstanding(of: new)), "\(table.outstanding(of: new))")
        #expect(table.outstanding(of: old) + table.outstanding(of: new) == 1100)
    }

    @Test func aFullWorkerContinuesItsSlowStart() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        let slot = table.insert(HostShare(maximumRequests: 1), isRoutable: true, slowStartBegan: at(0))
        #expect(table.acquire() == slot)
        #expect(table.advanceSlowStart(now: at(5000)) == true)
        #expect(table.advanceSlowStart(now: at(10_000)) == false)
        table.release(slot)
        #expect(table.acquire() == slot)
    }

    @Test func slowStartGivesASmallShareFirstAndTheFullShareLater() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        _ = table.insert(isRoutable: true)
        let fresh = table.insert(isRoutable: true, slowStartBegan: at(0))
        func share() -> Int {
            var hits = 0
            for _ in 0..<2000 {
                guard let slot = table.acquire() else { continue }
                if slot == fresh { hits += 1 }
                table.release(slot)
            }
            return hits
        }
        #expect(table.advanceSlowStart(now: at(0)) == true)
        let early = share()
        #expect(table.advanceSlowStart(now: at(5000)) == true)
        let middle = share()
        #expect(table.advanceSlowStart(now: at(10_000)) == false)
        let late = share()
        #expect((40...200).contains(early), "\(early)")
        #expect((350...650).contains(middle), "\(middle)")
        #expect((850...1150).contains(late), "\(late)")
        table.update(fresh, isRoutable: true, slowStartBegan: at(0))
        #expect(
            table.advanceSlowStart(now: at(10_001)) == false,
            "the list tells of an old slow start; it does not begin again")
    }

    @Test func aStartingWorkerRelievesOverloadedOnes() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        let old = table.insert(isRoutable: true)
        let fresh = table.insert(isRoutable: true, slowStartBegan: at(0))
        for _ in 0..<1000 { _ = table.acquire() }
        #expect(table.outstanding(of: fresh) >= 80)
        #expect(table.outstanding(of: old) > table.outstanding(of: fresh))
    }

    @Test func aStartingWorkerNeverGetsMoreThanTheOthers() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        let fresh = table.insert(isRoutable: true, slowStartBegan: at(0))
        for _ in 0..<10 { _ = table.acquire() }
        let old = table.insert(isRoutable: true)
        #expect(table.advanceSlowStart(now: at(9990)) == true)
        for _ in 0..<10 { #expect(table.acquire() == old) }
        #expect(table.outstanding(of: fresh) == 10)
    }

    @Test func onlyStartingWorkersShareEverything() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        let slots = (0..<3).map { table.insert(isRoutable: true, slowStartBegan: at(Int64($0))) }
        for _ in 0..<30 { _ = table.acquire() }
        for slot in slots { #expect(table.outstanding(of: slot) == 10) }
    }

    @Test func aFreshWorkerDoesNotHoldBackAnotherInSlowStart() {
        var table = HostTable(seed: 3, slowStartMilliseconds: 10_000)
        _ = table.insert(isRoutable: true)
        let warm = table.insert(isRoutable: true, slowStartBegan: at(0))
        let fresh = table.insert(isRoutable: true, slowStartBegan: at(9000))
        #expect(table.advanceSlowStart(now: at(9000)) == true)
        let sequence = sequence(of: 3000, &table)
        let (warmHits, freshHits) = (sequence.count { $0 == warm }, sequence.count { $0 == fresh })
        #expect((30...300).contains(freshHits), "\(freshHits)")
        #expect(warmHits > 3 * freshHits, "\(warmHits) against \(freshHits)")
    }

    // MARK: Erring workers

    /// The hits of `erring`, which is free at once again, while the others hold their last `held` requests.
    private func hits(of erring: Slot, in table: inout HostTable, requests: Int, held: Int) -> Int {
        var hits = 0
        var busy: [Slot] = []
        for _ in 0..<requests {
            guard let slot = table.acquire() else { continue }
            if slot == erring {
                hits += 1
                table.release(slot)
            } else {
                busy.append(slot)
                if busy.count > held { table.release(busy.removeFirst()) }
            }
        }
        for slot in busy { table.release(slot) }
        return hits
    }

    @Test(arguments: [[1, 1, 1], [1, 2, 3], [5, 1, 1]])
    func anErringWorkerGetsItsShareAtMost(capacities: [Int]) {
        var table = HostTable(seed: 1)
        let slots = capacities.map { table.insert(HostShare(capacity: $0), isRoutable: true) }
        let free = hits(of: slots[0], in: &table, requests: 600, held: 60)
        table.setErring(slots[0], true)
        let erring = hits(of: slots[0], in: &table, requests: 600, held: 60)
        let share = 600 * capacities[0] / capacities.reduce(0, +)
        #expect(free > share, "the test proves nothing")
        #expect((1...(share + 1)).contains(erring), "\(erring) of a share of \(share)")
        table.setErring(slots[0], false)
        #expect(hits(of: slots[0], in: &table, requests: 600, held: 60) == free)
    }

    @Test func anErringWorkerServesIfNoOtherDoes() {
        var table = HostTable(seed: 1)
        let erring = table.insert(isRoutable: true)
        let other = table.insert(HostShare(maximumRequests: 1), isRoutable: true)
        table.setErring(erring, true)
        let given = (0..<10).compactMap { _ in table.acquire() }
        #expect(given.count { $0 == erring } == 9 && given.count { $0 == other } == 1)
        #expect(table.acquire(excluding: TriedSlots(other)) == erring)
    }

    /// All workers may get a request that makes errors.
    @Test func erringWorkersShareAmongEachOther() {
        var table = HostTable(seed: 1)
        let slots = (0..<3).map { _ in table.insert(isRoutable: true) }
        for slot in slots { table.setErring(slot, true) }
        let first = sequence(of: 3, &table)
        #expect(Set(first) == Set(slots) && sequence(of: 3, &table) == first)
    }

    @Test func aNewWorkerIsNotErring() {
        var table = HostTable(seed: 1)
        let old = table.insert(isRoutable: true)
        table.setErring(old, true)
        table.remove(old)
        let new = table.insert(isRoutable: true)
        #expect(new.index == old.index)
        _ = table.insert(isRoutable: true)
        #expect(hits(of: new, in: &table, requests: 100, held: 50) > 60)
    }

    @Test func noSlowStartMeansNone() {
        var table = HostTable(seed: 3)
        _ = table.insert(isRoutable: true, slowStartBegan: at(0))
        #expect(table.advanceSlowStart(now: at(1)) == false)
        #expect(table.routableCount == 1)
    }

    @Test func tenThousandWorkersAreServedInTurn() {
        var table = HostTable(seed: 5)
        let slots = (0..<10_000).map { _ in table.insert(isRoutable: true) }
        for _ in 0..<20_000 { _ = table.acquire() }
        #expect(slots.allSatisfy { table.outstanding(of: $0) == 2 })
    }
}
