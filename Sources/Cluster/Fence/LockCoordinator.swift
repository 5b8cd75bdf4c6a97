/// The fence of one host: a lock, and the highest epoch that was ever granted under it.
///
/// The order is the law: lock, read, write the next epoch durably, grant. Who dies or fails in between has granted
/// nothing; an epoch that was written and not granted is skipped.
package struct LockCoordinator<Store: FenceStore>: Coordinator {
    private var store: Store
    private var generator: SeededGenerator

    /// - Parameter seed: for the leap over a damaged epoch file; must differ between processes.
    package init(store: Store, seed: UInt64) {
        self.store = store
        generator = SeededGenerator(seed: seed)
    }

    package mutating func acquire(after: Epoch) -> CoordinatorGrant {
        switch store.tryLock() {
        case .held(let holder): return .heldByOther(holder)
        case .failed(let reason): return .failed(reason)
        case .taken: break
        }
        do throws(FenceStoreFailure) {
            return .granted(try useNextEpoch(after: after))
        } catch {
            store.unlock()
            return .failed(error.text)
        }
    }

    package mutating func release() {
        store.unlock()
    }

    private mutating func useNextEpoch(after: Epoch) throws(FenceStoreFailure) -> Epoch {
        guard let bytes = try store.readEpochFile() else {
            try store.createEpochFile(EpochFile.bytes(of: after.next))
            return after.next
        }
        let file = EpochFile(bytes)
        guard let stored = file.epoch else {
            // Nobody knows what was granted: far enough away, nothing was.
            let epoch = after.leaped(using: &generator).next
            try store.createEpochFile(EpochFile.bytes(of: epoch))
            return epoch
        }
        let epoch = max(stored, after).next
        try store.overwriteEpochFile(EpochFile.line(of: epoch), at: file.offsetOfNextLine)
        return epoch
    }
}
