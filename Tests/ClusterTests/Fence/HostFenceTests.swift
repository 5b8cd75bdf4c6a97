import Cluster
import Testing

@Suite struct HostFenceTests {
    /// One state directory, from the point of view of several processes.
    private final class Directory: FenceStore {
        var boot = "first"
        var holder: String?
        var files: [FenceFile: [UInt8]] = [:]
        var unreadable: FenceFile?
        var isFull = false
        /// The calls in order.
        var calls: [String] = []

        func tryLock() -> LockAttempt {
            calls.append("lock")
            if let holder { return .held(holder) }
            holder = "process 1"
            return .taken
        }

        func unlock() {
            calls.append("unlock")
            holder = nil
        }

        func lockStanding() -> FenceStanding {
            holder == "process 1" ? .held : .lost("\(holder ?? "nobody") has it")
        }

        func read(_ file: FenceFile) throws(FenceStoreFailure) -> [UInt8]? {
            if file == unreadable { throw FenceStoreFailure("can't be read") }
            return files[file]
        }

        func replace(_ file: FenceFile, with bytes: [UInt8]) throws(FenceStoreFailure) {
            calls.append("replace \(file)")
            if isFull { throw FenceStoreFailure("no room") }
            files[file] = bytes
        }

        func overwrite(_ file: FenceFile, with bytes: [UInt8], at offset: Int) throws(FenceStoreFailure) {
            calls.append("overwrite \(file)")
            if isFull { throw FenceStoreFailure("no room") }
            files[file]?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }

        func sync(_ file: FenceFile) throws(FenceStoreFailure) {
            calls.append("sync \(file)")
        }
    }

    private let directory = Directory()

    private func acquire(after: UInt64 = 0) -> FenceAttempt {
        var coordinator = HostFence(store: directory, seed: 1)
        return coordinator.acquire(after: Epoch(after))
    }

    @Test func theStandingIsThatOfTheLock() {
        var coordinator = HostFence(store: directory, seed: 1)
        _ = coordinator.acquire(after: .none)
        #expect(coordinator.standing() == .held)
        directory.holder = "process 2"
        #expect(coordinator.standing() == .lost("process 2 has it"))
    }

    @Test func theOrderIsLockThenEpochThenGrant() {
        #expect(acquire() == .granted(Epoch(1)))
        directory.unlock()
        #expect(acquire() == .granted(Epoch(2)))
        let reserved = ["replace reservation", "overwrite reservation"]
        #expect(
            directory.calls == ["lock", "replace epoch"] + reserved + ["unlock", "lock", "overwrite epoch"])
        directory.unlock()
        directory.calls = []
        directory.boot = "second"
        _ = acquire()
        #expect(directory.calls == ["lock", "overwrite epoch", "sync epoch"] + reserved)
    }

    @Test func anEpochThatWasGrantedHereIsContinued() {
        for number in UInt64(1)...8 {
            #expect(acquire(after: number - 1) == .granted(Epoch(number)))
            directory.unlock()
        }
        #expect(acquire(after: 3) == .granted(Epoch(9)))
    }

    /// Another fence has granted it and continues to count. The two must not reach the same number.
    @Test(arguments: [0, 1, 8], [true, false])
    func overAnEpochOfAnotherFenceTheEpochLeaps(grantedHere: Int, isReserved: Bool) {
        for _ in 0..<grantedHere {
            _ = acquire()
            directory.unlock()
        }
        if !isReserved { directory.files[.reservation] = nil }
        guard case .granted(let epoch) = acquire(after: 300) else {
            Issue.record("nothing was granted")
            return
        }
        #expect(epoch.term > 0)
        directory.unlock()
        #expect(acquire(after: 300) == .granted(epoch.next), "from here on this fence grants that term")
    }

    @Test func aHeldLockMeansThatNothingIsWritten() {
        _ = acquire()
        directory.calls = []
        #expect(acquire() == .heldByOther("process 1"))
        #expect(directory.calls == ["lock"])
    }

    @Test func onAFullDiskNothingIsGrantedAndTheLockIsReleased() {
        _ = acquire()
        directory.unlock()
        directory.isFull = true
        #expect(acquire() == .failed("no room"))
        #expect(directory.holder == nil)
        directory.isFull = false
        #expect(acquire() == .granted(Epoch(2)))
    }

    @Test func aFileThatCannotBeReadIsNotTakenForAMissingOne() {
        directory.unreadable = .epoch
        #expect(acquire() == .failed("can't be read"))
        #expect(directory.holder == nil)
    }

    @Test func overADamagedFileTheEpochLeaps() {
        directory.files[.epoch] = Array("damaged".utf8)
        guard case .granted(let epoch) = acquire(after: 5) else {
            Issue.record("nothing was granted")
            return
        }
        #expect(epoch.term > Epoch(5).term)
        directory.unlock()
        #expect(acquire() == .granted(epoch.next))
    }

    @Test(arguments: [FenceFile.epoch, .reservation])
    func withoutOneOfTheFilesNothingIsGrantedTwice(_ lost: FenceFile) {
        for _ in 1...9 {
            _ = acquire()
            directory.unlock()
        }
        directory.files[lost] = nil
        guard case .granted(let epoch) = acquire() else {
            Issue.record("nothing was granted")
            return
        }
        #expect(epoch > Epoch(9))
    }

    @Test func overAReservationThatCannotBeUnderstoodTheEpochLeaps() {
        _ = acquire()
        directory.unlock()
        for spoil in [{ self.directory.files[.reservation] = [] }, { self.directory.unreadable = .reservation }] {
            spoil()
            guard case .granted(let epoch) = acquire() else {
                Issue.record("nothing was granted")
                return
            }
            #expect(epoch.term > 0)
            directory.unlock()
        }
    }

    // MARK: Claims, and the end of the numbers

    @Test(arguments: [Epoch.leapCeiling, .ceiling, Epoch(.max), Epoch(1 << 60)])
    func aClaimFromFarAwayMovesNothing(claim: Epoch) {
        #expect(acquire() == .granted(Epoch(1)))
        directory.unlock()
        #expect(acquire(after: claim.value) == .granted(Epoch(2)))
        directory.unlock()
        directory.files[.epoch] = Array("damaged".utf8)
        guard case .granted(let epoch) = acquire(after: claim.value) else {
            Issue.record("nothing was granted")
            return
        }
        #expect(epoch <= Epoch(2).reach)
    }

    @Test func afterTheHighestEpochTheErrorIsClear() {
        directory.files[.epoch] = EpochFile.bytes(of: Epoch(Epoch.ceiling.value - 1))
        #expect(acquire() == .granted(.ceiling))
        directory.unlock()
        guard case .failed(let reason) = acquire() else {
            Issue.record("granted beyond what workers take")
            return
        }
        #expect(reason.contains("balancer epochs --reset"))
        #expect(directory.holder == nil)
    }

    @Test(arguments: ["first", ""]) func anOperatorRestartsTheNumbers(boot: String) {
        directory.boot = boot
        directory.files[.epoch] = EpochFile.bytes(of: .ceiling)
        directory.files[.reservation] = Array("00000000000000000257 earlier !\n".utf8)
        var coordinator = HostFence(store: directory, seed: 1)
        #expect(coordinator.reset() == .done)
        #expect(directory.holder == nil)
        guard case .granted(let epoch) = acquire() else {
            Issue.record("nothing was granted")
            return
        }
        #expect(epoch.value <= 257 && epoch > .none)
    }

    @Test func theNumbersAreNotRestartedDuringAReign() {
        _ = acquire()
        let files = directory.files
        directory.holder = "process 7"
        var coordinator = HostFence(store: directory, seed: 1)
        #expect(coordinator.reset() == .heldByOther("process 7"))
        #expect(directory.files == files)
        directory.holder = nil
        directory.isFull = true
        #expect(coordinator.reset() == .failed("no room"))
        #expect(directory.files == files && directory.holder == nil)
    }
}
