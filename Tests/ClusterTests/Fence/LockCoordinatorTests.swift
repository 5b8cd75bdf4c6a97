import Cluster
import Testing

@Suite struct LockCoordinatorTests {
    /// One state directory, as several processes see it.
    private final class Directory: FenceStore {
        var holder: String?
        var file: [UInt8]?
        var isReadable = true
        var isFull = false
        /// What was asked, in order.
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

        func readEpochFile() throws(FenceStoreFailure) -> [UInt8]? {
            calls.append("read")
            if !isReadable { throw FenceStoreFailure("can't be read") }
            return file
        }

        func createEpochFile(_ bytes: [UInt8]) throws(FenceStoreFailure) {
            calls.append("create")
            if isFull { throw FenceStoreFailure("no room") }
            file = bytes
        }

        func overwriteEpochFile(_ bytes: [UInt8], at offset: Int) throws(FenceStoreFailure) {
            calls.append("overwrite")
            if isFull { throw FenceStoreFailure("no room") }
            file?.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        }
    }

    private let directory = Directory()

    private func acquire(after: UInt64 = 0) -> CoordinatorGrant {
        var coordinator = LockCoordinator(store: directory, seed: 1)
        return coordinator.acquire(after: Epoch(after))
    }

    @Test func theOrderIsLockThenEpochThenGrant() {
        #expect(acquire() == .granted(Epoch(1)))
        directory.unlock()
        #expect(acquire() == .granted(Epoch(2)))
        #expect(directory.calls == ["lock", "read", "create", "unlock", "lock", "read", "overwrite"])
    }

    @Test func anEpochIsAboveTheStoredOneAndWhatTheStarterHasMet() {
        #expect(acquire(after: 7) == .granted(Epoch(8)))
        directory.unlock()
        #expect(acquire(after: 3) == .granted(Epoch(9)))
    }

    @Test func whoeverFindsTheLockHeldTouchesNothing() {
        _ = acquire()
        directory.calls = []
        #expect(acquire() == .heldByOther("process 1"))
        #expect(directory.calls == ["lock"])
    }

    @Test func aFullDiskGrantsNothingAndGivesTheLockBack() {
        _ = acquire()
        directory.unlock()
        directory.isFull = true
        #expect(acquire() == .failed("no room"))
        #expect(directory.holder == nil)
        directory.isFull = false
        #expect(acquire() == .granted(Epoch(2)))
    }

    @Test func aFileThatCannotBeReadIsNotTakenForAMissingOne() {
        directory.isReadable = false
        #expect(acquire() == .failed("can't be read"))
        #expect(directory.holder == nil)
    }

    @Test func overADamagedFileTheEpochLeaps() {
        directory.file = Array("damaged".utf8)
        guard case .granted(let epoch) = acquire(after: 5) else {
            Issue.record("nothing was granted")
            return
        }
        #expect(epoch.term > Epoch(5).term)
        directory.unlock()
        #expect(acquire() == .granted(epoch.next))
    }
}
