import Cluster
import Simulation
import Testing

/// No epoch is granted twice, whenever a process or the host stops, and whichever files survive.
@Suite struct HostCrashTests {
    private static func acquire(_ directory: SimulatedStateDirectory, seed: UInt64) -> Epoch? {
        var coordinator = HostFence(store: SimulatedStore(directory, process: 1), seed: seed)
        directory.holder = nil
        directory.wasKilled = false
        guard case .granted(let epoch) = coordinator.acquire(after: .none) else { return nil }
        return epoch
    }

    /// The crash comes between reservation and use, between use and sync, or in the middle of a write.
    @Test(arguments: 0..<10)
    func epochsRiseThroughAnyCrash(shard: UInt64) {
        for seed in shard * 10..<(shard + 1) * 10 {
            var random = SeededGenerator(seed: seed)
            let directory = SimulatedStateDirectory(seed: random.next())
            var highest = Epoch.none
            for _ in 0..<60 {
                switch random.below(10) {
                case 0..<3: directory.fault = (.kill, Int(random.below(6)))
                case 3: directory.fault = (.error, Int(random.below(6)))
                case 4: directory.isFull = true
                default: directory.isFull = false
                }
                for _ in 0...random.below(random.below(5) == 0 ? 300 : 3) {
                    guard let epoch = Self.acquire(directory, seed: random.next()) else { continue }
                    guard epoch > highest else {
                        Issue.record("seed \(seed): \(epoch.value) after \(highest.value)")
                        return
                    }
                    highest = epoch
                }
                if random.below(2) == 0 { directory.crashHost() }
            }
            #expect(highest > .none)
        }
    }

    /// A file that was removed or damaged costs a leap.
    @Test(arguments: FenceFile.allCases, [true, false])
    func epochsRiseOverALostFile(file: FenceFile, isRemoved: Bool) {
        for seed in UInt64(0)..<200 {
            let directory = SimulatedStateDirectory(seed: seed)
            var highest = Epoch.none
            for _ in 0...(5 * seed) { highest = max(highest, Self.acquire(directory, seed: seed) ?? .none) }
            // The epoch file is the older one. The reserved epochs are lost with the host.
            if file == .epoch { directory.crashHost() }
            isRemoved ? directory.remove(file) : directory.damage(file)
            let next = Self.acquire(directory, seed: seed + 1000)
            #expect(next.map { $0 > highest } == true, "seed \(seed): \(next?.value ?? 0) after \(highest.value)")
        }
    }

    /// Without a crash, epochs rise one by one, beyond the end of a reservation too.
    @Test func epochsRiseByOnes() {
        let directory = SimulatedStateDirectory(seed: 1)
        for number in UInt64(1)...600 { #expect(Self.acquire(directory, seed: number) == Epoch(number)) }
        directory.crashHost()
        #expect(Self.acquire(directory, seed: 0) == Epoch(772))
        #expect(Self.acquire(directory, seed: 0) == Epoch(773))
    }
}
