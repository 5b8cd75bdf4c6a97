/// The fence of one host: a lock, and the highest epoch that was ever granted under it.
///
/// The order is the law: lock, read, write the next epoch so that it can't be granted again, grant. Who dies or fails in
/// between has granted nothing; an epoch that was written and not granted is skipped. "Can't be granted again" means
/// synced, or within a reservation (`EpochReservation`) that is.
///
/// Where nobody can know what was granted, the epoch leaps: a file is missing, damaged or can't be understood, or whoever asks
/// has met an epoch that was never granted here. That one is of another fence, such as another host's, where others go on
/// counting; they and this one must not come to the same number.
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

    package mutating func standing() -> FenceStanding {
        store.lockStanding()
    }

    private mutating func useNextEpoch(after: Epoch) throws(FenceStoreFailure) -> Epoch {
        let bytes = try store.read(.epoch)
        switch (bytes.map(EpochFile.init), readReservation()) {
        case (nil, .missing):
            return after == .none ? try begin(with: after.next) : try leap(over: after)
        case (let file?, .missing):
            guard let stored = file.epoch else { return try leap(over: after) }
            return try use(successor(of: stored, after: after), in: file, reservation: nil)
        case (let file?, .understood(let reservation)):
            guard let stored = file.epoch else { return try leap(over: max(after, reservation.bound)) }
            // What was granted in an earlier boot may have been lost: then it was within that boot's reservation.
            let granted = reservation.isOf(store.boot) ? stored : max(stored, reservation.bound)
            return try use(successor(of: granted, after: after), in: file, reservation: reservation)
        case (nil, .understood(let reservation)):
            return try leap(over: max(after, reservation.bound))
        case (let file, .damaged):
            return try leap(over: max(after, file?.epoch ?? .none))
        }
    }

    private enum ReservationReading {
        case missing
        case understood(EpochReservation)
        case damaged
    }

    private mutating func readReservation() -> ReservationReading {
        do throws(FenceStoreFailure) {
            guard let bytes = try store.read(.reservation) else { return .missing }
            return EpochReservation(bytes).map { .understood($0) } ?? .damaged
        } catch {
            return .damaged
        }
    }

    /// - Parameter granted: the highest epoch that can have been granted here.
    private mutating func successor(of granted: Epoch, after: Epoch) -> Epoch {
        (after > granted ? after.leaped(using: &generator) : granted).next
    }

    /// A new epoch file.
    private mutating func begin(with epoch: Epoch) throws(FenceStoreFailure) -> Epoch {
        try store.replace(.epoch, with: EpochFile.bytes(of: epoch))
        reserve(above: epoch)
        return epoch
    }

    /// Nobody knows what was granted: far enough away, nothing was.
    private mutating func leap(over epoch: Epoch) throws(FenceStoreFailure) -> Epoch {
        try begin(with: epoch.leaped(using: &generator).next)
    }

    private mutating func use(
        _ epoch: Epoch, in file: EpochFile, reservation: EpochReservation?
    ) throws(FenceStoreFailure) -> Epoch {
        try store.overwrite(.epoch, with: EpochFile.line(of: epoch), at: file.offsetOfNextLine)
        if let reservation, reservation.covers(epoch, in: store.boot) { return epoch }
        try store.sync(.epoch)
        reserve(above: epoch)
        return epoch
    }

    /// Should it fail, for want of room on the disk, the next grant is synced like this one.
    private mutating func reserve(above epoch: Epoch) {
        guard !store.boot.isEmpty else { return }
        let reservation = EpochReservation(above: epoch, boot: store.boot)
        do throws(FenceStoreFailure) {
            try store.replace(.reservation, with: reservation.bytes)
            let (mark, offset) = reservation.confirmation
            try store.overwrite(.reservation, with: mark, at: offset)
        } catch {
            return
        }
    }
}
