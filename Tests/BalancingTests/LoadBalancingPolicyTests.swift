import Balancing
import Cluster
import Testing

/// Tests of the load-balancing policies other than `fewest`.
@Suite struct LoadBalancingPolicyTests {
    static let policies: [PolicySetting] = [
        .fewest, .twoChoices, .roundRobin, .hashHeader("x"), .sticky(cookie: "c"),
    ]

    private func name(_ number: Int) -> UInt64 { SipHash()("worker-\(number)".utf8) }

    private func offer(_ number: Int, capacity: Int = 1, limit: Int = 0) -> HostShare {
        HostShare(capacity: capacity, maximumRequests: limit, name: name(number))
    }

    // MARK: Laws of every policy

    /// For every policy, a chosen worker is routable, not full and not tried. A choice never fails while such a worker
    /// exists.
    @Test(arguments: policies, UInt64(0)..<40)
    func everyPolicyKeepsTheRules(policy: PolicySetting, seed: UInt64) {
        var trial = TableTrial(seed: seed, HostTable(seed: seed, policy: policy, slowStartMilliseconds: 1000))
        var now: Int64 = 0
        func anyOffer(_ number: Int) -> HostShare {
            offer(
                number, capacity: [1, 1, 2, 8][Int(trial.random.below(4))],
                limit: [0, 1, 3][Int(trial.random.below(3))])
        }
        for step in 0..<600 {
            trial.step = step
            switch trial.random.below(100) {
            case 0..<6 where trial.model.workers.count < 12:
                let offer = anyOffer(step)
                let isRoutable = trial.random.below(5) > 0
                let began = trial.random.below(2) == 0 ? at(now) : nil
                trial.insert(offer, isRoutable: isRoutable, slowStartBegan: began)
            case 6..<9: trial.removeOne()
            case 9..<14:
                guard let slot = trial.pick() else { continue }
                let offer = anyOffer(step)
                let isRoutable = trial.random.below(3) > 0
                let began = trial.random.below(2) == 0 ? at(now) : nil
                trial.update(slot, offer, isRoutable: isRoutable, slowStartBegan: began)
            case 14..<16:
                if let slot = trial.pick() { trial.table.setErring(slot, trial.random.below(2) == 0) }
            case 16..<20:
                now += Int64(trial.random.below(300))
                _ = trial.table.advanceSlowStart(now: at(now))
            case 20..<66:
                let tried = trial.tried()
                let hasName = trial.random.below(3) > 0
                let affinity: UInt64? = hasName ? name(Int(trial.random.below(UInt32(step + 1)))) : nil
                let allowed = trial.model.open.map(\.slot).filter { !tried.contains($0) }
                trial.acquired(trial.table.acquire(for: affinity, excluding: tried), of: allowed)
            default: trial.releaseOne()
            }
            trial.check()
        }
    }

    /// The cost of a choice does not grow with the number of workers. The test counts steps, not time.
    @Test(arguments: policies)
    func aChoiceCostsTheSameWithTenThousandWorkers(policy: PolicySetting) {
        func steps(_ count: Int) -> (mean: Double, most: Int) {
            var table = HostTable(seed: 1, policy: policy)
            for number in 0..<count { _ = table.insert(offer(number, capacity: 1 + number % 3), isRoutable: true) }
            _ = table.acquire(for: 0)
            var random = SeededGenerator(seed: 2)
            var most = 0
            let before = table.steps
            for request in 0..<20_000 {
                let start = table.steps
                let affinity = policy == .sticky(cookie: "c") ? name(request % count) : random.next()
                guard let slot = table.acquire(for: affinity) else { continue }
                if request % 3 > 0 { table.release(slot) }
                most = max(most, table.steps - start)
            }
            return (Double(table.steps - before) / 20_000, most)
        }
        let (few, many) = (steps(30), steps(10_000))
        #expect(many.mean <= few.mean * 1.5 + 1, "\(few) against \(many)")
        #expect(many.most <= 100, "\(many)")
    }

    // MARK: Two choices

    @Test func twoChoicesPreferTheLessLoaded() {
        var table = HostTable(seed: 1, policy: .twoChoices)
        let slots = (0..<10).map { table.insert(offer($0), isRoutable: true) }
        for _ in 0..<1000 { _ = table.acquire() }
        let loads = slots.map { table.outstanding(of: $0) }
        // With one random choice, the counts would vary by about ten both ways.
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 6, "\(loads)")
        #expect(Set(loads).count > 1, "that would be the fewest of all")
    }

    @Test func twoChoicesRespectCapacity() {
        var table = HostTable(seed: 1, policy: .twoChoices)
        let slots = [1, 1, 4, 4].enumerated().map { table.insert(offer($0, capacity: $1), isRoutable: true) }
        for _ in 0..<1000 { _ = table.acquire() }
        let loads = slots.map { table.outstanding(of: $0) }
        for (load, expected) in zip(loads, [100, 100, 400, 400]) { #expect(abs(load - expected) <= 20, "\(loads)") }
    }

    // MARK: Round robin

    @Test func roundRobinTakesEachWorkerInTurn() {
        var table = HostTable(seed: 1, policy: .roundRobin)
        let slots = (0..<5).map { table.insert(offer($0), isRoutable: true) }
        let chosen = (0..<15).compactMap { _ in table.acquire() }
        #expect(chosen == slots + slots + slots)
        // The load has no influence.
        for slot in chosen where slot != slots[0] { table.release(slot) }
        #expect((0..<5).compactMap { _ in table.acquire() } == slots)
    }

    @Test func roundRobinSpreadsTurnsByCapacity() {
        var table = HostTable(seed: 1, policy: .roundRobin)
        let large = table.insert(offer(0, capacity: 5), isRoutable: true)
        let small = [table.insert(offer(1), isRoutable: true), table.insert(offer(2), isRoutable: true)]
        for _ in 0..<10 {
            let round = (0..<7).compactMap { _ in table.acquire() }
            #expect(round.count { $0 == large } == 5)
            #expect(round.count { $0 == small[0] } == 1 && round.count { $0 == small[1] } == 1)
            let isBunched = (0..<3).contains { start in round[start...(start + 4)].allSatisfy { $0 == large } }
            #expect(!isBunched)
        }
    }

    @Test func aFullWorkerLosesItsTurnAndAReturningOneIsLast() {
        var table = HostTable(seed: 1, policy: .roundRobin)
        let slots = (0..<3).map { table.insert(offer($0, limit: 2), isRoutable: true) }
        #expect((0..<3).compactMap { _ in table.acquire() } == slots)
        table.update(slots[1], offer(1, limit: 2), isRoutable: false)
        #expect((0..<2).compactMap { _ in table.acquire() } == [slots[0], slots[2]])
        #expect(table.acquire() == nil)
        table.update(slots[1], offer(1, limit: 2), isRoutable: true)
        #expect(table.acquire() == slots[1])
        table.release(slots[2])
        table.release(slots[0])
        #expect((0..<2).compactMap { _ in table.acquire() } == [slots[2], slots[0]])
    }

    // MARK: Consistent hash

    private func keys(_ count: Int) -> [UInt64] { (0..<count).map { SipHash()("key \($0)".utf8) } }

    /// The worker of each key while no other request is outstanding.
    private func homes(_ table: inout HostTable, _ keys: [UInt64]) -> [Slot?] {
        keys.map { key in
            let slot = table.acquire(for: key)
            if let slot { table.release(slot) }
            return slot
        }
    }

    @Test func aKeyKeepsItsWorkerAndALeavingWorkerMovesOnlyItsKeys() {
        var table = HostTable(seed: 1, policy: .hashHeader("x"))
        let slots = (0..<10).map { table.insert(offer($0), isRoutable: true) }
        let keys = keys(2000)
        let before = homes(&table, keys)
        #expect(homes(&table, keys) == before)
        for slot in slots { #expect((100...340).contains(before.count { $0 == slot })) }
        table.update(slots[3], offer(3), isRoutable: false)
        let ejected = homes(&table, keys)
        for (old, new) in zip(before, ejected) {
            if old == slots[3] { #expect(new != slots[3]) } else { #expect(new == old) }
        }
        table.update(slots[3], offer(3), isRoutable: true)
        #expect(homes(&table, keys) == before)
        table.remove(slots[3])
        #expect(homes(&table, keys) == ejected)
        let new = table.insert(offer(77), isRoutable: true)
        for (old, now) in zip(ejected, homes(&table, keys)) { #expect(now == old || now == new) }
    }

    @Test func aSuccessorSendsKeysWhereItsPredecessorDid() {
        let keys = keys(500)
        func homesByName(_ order: [Int]) -> [Int?] {
            var table = HostTable(seed: UInt64(order[0]), policy: .hashCookie("c"))
            var numbers: [Slot: Int] = [:]
            for number in order { numbers[table.insert(offer(number), isRoutable: true)] = number }
            return homes(&table, keys).map { $0.flatMap { numbers[$0] } }
        }
        #expect(homesByName([0, 1, 2, 3, 4]) == homesByName([3, 1, 4, 0, 2]))
    }

    @Test func aPopularKeySpillsOntoNeighbours() {
        var table = HostTable(seed: 1, policy: .hashHeader("x"))
        let slots = (0..<8).map { table.insert(offer($0, capacity: $0 == 0 ? 4 : 1), isRoutable: true) }
        for count in 1...1100 {
            #expect(table.acquire(for: 42) != nil)
            let loads = slots.map { table.outstanding(of: $0) }
            for (number, load) in loads.enumerated() {
                let share = Double(count) * (number == 0 ? 4 : 1) / 11
                #expect(Double(load) <= (1.25 * share).rounded(.up), "\(count): \(loads)")
            }
        }
    }

    @Test func withoutAKeyTheFewestGetsIt() {
        var table = HostTable(seed: 1, policy: .hashHeader("x"))
        let slots = (0..<3).map { table.insert(offer($0), isRoutable: true) }
        for _ in 0..<30 { _ = table.acquire() }
        #expect(slots.map { table.outstanding(of: $0) } == [10, 10, 10])
    }

    // MARK: Sticky

    @Test func aNamedWorkerGetsItsClientBack() {
        var table = HostTable(seed: 1, policy: .sticky(cookie: "c"))
        let slots = (0..<3).map { table.insert(offer($0, limit: 5), isRoutable: true) }
        for _ in 0..<5 { #expect(table.acquire(for: name(1)) == slots[1]) }
        // The worker is full, so another worker serves the request. The affinity still names the full worker.
        #expect(table.acquire(for: name(1)) != slots[1])
        #expect(table.routableHolder(of: name(1)) == slots[1])
        table.release(slots[1])
        #expect(table.acquire(for: name(1)) == slots[1])
        table.update(slots[1], offer(1), isRoutable: false)
        #expect(table.routableHolder(of: name(1)) == nil)
        #expect(table.acquire(for: name(1)) != slots[1])
        #expect(table.routableHolder(of: 4711) == nil)
    }
}
