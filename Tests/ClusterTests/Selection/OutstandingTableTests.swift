import Cluster
import Testing

@Suite struct OutstandingTableTests {
    @Test func anEmptyTableHasNobody() {
        var table = OutstandingTable(seed: 1)
        #expect(table.acquire() == nil)
        #expect(table.routableCount == 0)
    }

    @Test func tiesAreBrokenEvenly() {
        var table = OutstandingTable(seed: 7)
        let slots = (0..<4).map { _ in table.insert(isRoutable: true) }
        var hits: [Slot: Int] = [:]
        for _ in 0..<4000 {
            guard let slot = table.acquire() else { continue }
            hits[slot, default: 0] += 1
            table.release(slot)
        }
        for slot in slots { #expect((850...1150).contains(hits[slot] ?? 0), "\(hits)") }
    }

    @Test func theTriedAreNotTriedAgain() {
        var table = OutstandingTable(seed: 1)
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
        var table = OutstandingTable(seed: 1)
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
        var table = OutstandingTable(seed: 1)
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
        for capacity in 1...WorkerRecord.maximumCapacity {
            let group = CapacityClass(of: capacity)
            #expect((1...63).contains(group.number))
            let counted = Int(group.capacity)
            #expect(counted <= capacity && counted * 8 > capacity * 7, "\(capacity) counts as \(counted)")
            if capacity < 16 { #expect(counted == capacity) }
            #expect(CapacityClass(of: counted) == group)
        }
        #expect(CapacityClass(of: 0) == CapacityClass(of: 1))
        #expect(CapacityClass(of: .max) == CapacityClass(of: WorkerRecord.maximumCapacity))
    }

    @Test func thereIsALimitForEachWorker() {
        var table = OutstandingTable(seed: 1)
        let slot = table.insert(isRoutable: true)
        for _ in 0..<OutstandingTable.maximumOutstanding { _ = table.acquire() }
        #expect(table.acquire() == nil)
        table.release(slot)
        #expect(table.acquire() == slot)
    }

    @Test func aWorkerIsGivenNoMoreThanItTakes() {
        var table = OutstandingTable(seed: 1)
        let small = table.insert(WorkerOffer(maximumRequests: 2), isRoutable: true)
        let large = table.insert(WorkerOffer(maximumRequests: 5), isRoutable: true)
        let given = (0..<8).compactMap { _ in table.acquire() }
        #expect(given.count { $0 == small } == 2)
        #expect(given.count { $0 == large } == 5)
        #expect(table.openCount == 0)
        #expect(table.routableCount == 2)
        #expect(table.isAnybodyRoutable(besides: TriedSlots(small)))
        table.release(small)
        #expect(table.acquire() == small)
        // The worker may think better of it.
        table.update(small, WorkerOffer(maximumRequests: 1), isRoutable: true)
        table.release(small)
        #expect(table.acquire() == nil)
        table.update(small, WorkerOffer(maximumRequests: 3), isRoutable: true)
        #expect(table.acquire() == small)
    }

    @Test func requestsAreSharedByCapacity() {
        var table = OutstandingTable(seed: 1)
        let slots = [1, 2, 5].map { table.insert(WorkerOffer(capacity: $0), isRoutable: true) }
        for _ in 0..<80 { _ = table.acquire() }
        #expect(slots.map { table.outstanding(of: $0) } == [10, 20, 50])
    }

    @Test func freeWorkersAreDrawnByCapacity() {
        var table = OutstandingTable(seed: 1)
        let small = table.insert(WorkerOffer(capacity: 1), isRoutable: true)
        let large = table.insert(WorkerOffer(capacity: 3), isRoutable: true)
        var hits: [Slot: Int] = [:]
        for _ in 0..<4000 {
            guard let slot = table.acquire() else { continue }
            hits[slot, default: 0] += 1
            table.release(slot)
        }
        #expect((850...1150).contains(hits[small] ?? 0), "\(hits)")
        #expect((2850...3150).contains(hits[large] ?? 0), "\(hits)")
    }

    @Test func aStartingWorkerOfGreatCapacityStartsSmallToo() {
        var table = OutstandingTable(seed: 3, slowStartMilliseconds: 10_000)
        let old = table.insert(WorkerOffer(capacity: 10), isRoutable: true)
        let new = table.insert(WorkerOffer(capacity: 10), isRoutable: true, slowStartBegan: at(0))
        for _ in 0..<1100 { _ = table.acquire() }
        #expect((80...350).contains(table.outstanding(of: new)), "\(table.outstanding(of: new))")
        #expect(table.outstanding(of: old) + table.outstanding(of: new) == 1100)
    }

    @Test func aFullWorkerGoesOnInItsSlowStart() {
        var table = OutstandingTable(seed: 3, slowStartMilliseconds: 10_000)
        let slot = table.insert(WorkerOffer(maximumRequests: 1), isRoutable: true, slowStartBegan: at(0))
        #expect(table.acquire() == slot)
        #expect(table.advanceSlowStart(now: at(5000)) == true)
        #expect(table.advanceSlowStart(now: at(10_000)) == false)
        table.release(slot)
        #expect(table.acquire() == slot)
    }

    @Test func slowStartGivesASmallShareFirstAndAllInTheEnd() {
        var table = OutstandingTable(seed: 3, slowStartMilliseconds: 10_000)
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
            "the roster tells of an old slow start; it does not begin again")
    }

    @Test func aStartingWorkerRelievesTheOthersBeforeTheyDrown() {
        var table = OutstandingTable(seed: 3, slowStartMilliseconds: 10_000)
        let old = table.insert(isRoutable: true)
        let fresh = table.insert(isRoutable: true, slowStartBegan: at(0))
        for _ in 0..<1000 { _ = table.acquire() }
        #expect(table.outstanding(of: fresh) >= 80)
        #expect(table.outstanding(of: old) > table.outstanding(of: fresh))
    }

    @Test func aStartingWorkerNeverGetsMoreThanTheOthers() {
        var table = OutstandingTable(seed: 3, slowStartMilliseconds: 10_000)
        let fresh = table.insert(isRoutable: true, slowStartBegan: at(0))
        for _ in 0..<10 { _ = table.acquire() }
        let old = table.insert(isRoutable: true)
        #expect(table.advanceSlowStart(now: at(9990)) == true)
        for _ in 0..<10 { #expect(table.acquire() == old) }
        #expect(table.outstanding(of: fresh) == 10)
    }

    @Test func onlyStartingWorkersShareEverything() {
        var table = OutstandingTable(seed: 3, slowStartMilliseconds: 10_000)
        let slots = (0..<3).map { table.insert(isRoutable: true, slowStartBegan: at(Int64($0))) }
        for _ in 0..<30 { _ = table.acquire() }
        for slot in slots { #expect(table.outstanding(of: slot) == 10) }
    }

    @Test func noSlowStartMeansNone() {
        var table = OutstandingTable(seed: 3)
        _ = table.insert(isRoutable: true, slowStartBegan: at(0))
        #expect(table.advanceSlowStart(now: at(1)) == false)
        #expect(table.routableCount == 1)
    }

    @Test func tenThousandWorkersAreServedInTurn() {
        var table = OutstandingTable(seed: 5)
        let slots = (0..<10_000).map { _ in table.insert(isRoutable: true) }
        for _ in 0..<20_000 { _ = table.acquire() }
        #expect(slots.allSatisfy { table.outstanding(of: $0) == 2 })
    }
}
