/// The fence of one host: a lock, and the highest epoch that was ever granted under it.
///
/// The order of the steps is fixed: lock, read, write the next epoch so that it can't be granted again, grant. A
/// process that dies or fails in between has granted nothing. An epoch that was written and not granted is skipped. An
/// epoch can't be granted again if it is synced, or within a synced reservation (`EpochReservation`).
///
/// The epoch leaps if the last grant is unknown: a file is missing, damaged or malformed, or the caller has met an
/// epoch that was never granted here. That epoch belongs to another fence, for example another host's, which may
/// continue to count. The two must not reach the same number.
///
/// The caller's epoch is a claim: it may come from a peer. A claim too far above the last grant is ignored
/// (`Epoch.reachOfClaims`). Nothing is granted above `Epoch.ceiling`, which no worker would accept.
package struct HostFence<Store: FenceStore> {
    private var store: Store
    private var generator: SeededGenerator

    /// - Parameter seed: for the leap over a damaged epoch file; must differ between processes.
    package init(store: Store, seed: UInt64) {
        self.store = store
        generator = SeededGenerator(seed: seed)
    }

    package mutating func acquire(after: Epoch) -> FenceAttempt {
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

    /// Forgets all grants: the next epoch is 1. For an operator, after the whole cluster has been stopped.
    ///
    /// Refused while a balancer holds the lock. The old numbers stay valid until the last write is on the disk.
    package mutating func reset() -> FenceReset {
        switch store.tryLock() {
        case .held(let holder): return .heldByOther(holder)
        case .failed(let reason): return .failed(reason)
        case .taken: break
        }
        defer { store.unlock() }
        do throws(FenceStoreFailure) {
            let boot = store.boot.isEmpty ? "unknown" : store.boot
            try store.replace(.reservation, with: EpochReservation(above: .none, boot: boot).bytes)
            try store.replace(.epoch, with: EpochFile.bytes(of: .none))
            return .done
        } catch {
            return .failed(error.text)
        }
    }

    /// An epoch of a later term, for the present holder of the lock, above `epoch` and every grant of this host.
    ///
    /// A coordinator of several hosts asks for it: the numbers of this host must not meet those of another one.
    package mutating func leap(above epoch: Epoch) -> FenceAttempt {
        do throws(FenceStoreFailure) {
            let granted = try useNextEpoch(after: .none)
            return .granted(try leap(over: epoch, from: granted))
        } catch {
            return .failed(error.text)
        }
    }

    private mutating func useNextEpoch(after: Epoch) throws(FenceStoreFailure) -> Epoch {
        let bytes = try store.read(.epoch)
        switch (bytes.map(EpochFile.init), readReservation()) {
        case (nil, .missing):
            return after == .none ? try begin(with: after.next) : try leap(over: after, from: .none)
        case (let file?, .missing):
            guard let stored = file.epoch else { return try leap(over: after, from: .none) }
            return try use(successor(of: stored, after: after), in: file, reservation: nil)
        case (let file?, .understood(let reservation)):
            guard let stored = file.epoch else { return try leap(over: after, from: reservation.bound) }
            // A grant of an earlier boot may have been lost. It was within that boot's reservation.
            let granted = reservation.isOf(store.boot) ? stored : max(stored, reservation.bound)
            return try use(successor(of: granted, after: after), in: file, reservation: reservation)
        case (nil, .understood(let reservation)):
            return try leap(over: after, from: reservation.bound)
        case (let file, .damaged):
            return try leap(over: after, from: file?.epoch ?? .none)
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
    private mutating func successor(of granted: Epoch, after: Epoch) throws(FenceStoreFailure) -> Epoch {
        let known = heeded(after, from: granted)
        return try grantable((known > granted ? known.leaped(using: &generator) : granted).next)
    }

    /// The higher of grant and claim, unless the claim is too far away.
    private func heeded(_ claim: Epoch, from granted: Epoch) -> Epoch {
        claim <= granted.reachOfClaims ? max(claim, granted) : granted
    }

    private func grantable(_ epoch: Epoch) throws(FenceStoreFailure) -> Epoch {
        guard epoch <= .ceiling else {
            throw FenceStoreFailure(
                "the epochs are used up: stop the cluster, then start the numbers anew with 'balancer epochs --reset'")
        }
        return epoch
    }

    /// A new epoch file.
    private mutating func begin(with epoch: Epoch) throws(FenceStoreFailure) -> Epoch {
        try store.replace(.epoch, with: EpochFile.bytes(of: epoch))
        reserve(above: epoch)
        return epoch
    }

    /// The last grant is unknown. No grant can be as high as the target of this leap.
    private mutating func leap(over claim: Epoch, from granted: Epoch) throws(FenceStoreFailure) -> Epoch {
        try begin(with: try grantable(heeded(claim, from: granted).leaped(using: &generator).next))
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

    /// If this fails on a full disk, the next grant is synced like this one.
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
