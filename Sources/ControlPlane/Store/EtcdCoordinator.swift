package import Cluster
package import Logging
internal import Settings
package import Sockets
package import Storage

/// The coordinator of many hosts: the host's lock, and above it a lease in etcd (`LeaseCore`).
///
/// It decides one thing: a host that has lost its lock has lost the reign. All other events go to the core, with the time of CLOCK_BOOTTIME, which all processes of the host share and
/// which counts while the host is suspended.
package final class EtcdCoordinator: Coordinator {
    package var onAnswer: (CoordinatorAnswer) -> Void = { _ in }

    private let loop: EventLoop
    private let lock: LockFileStore
    private var fence: LockFileFence
    private let directory: StateDirectory
    private let client: StoreClient
    private let hook: ReignHook?
    private let occasion: (Epoch) -> ReignHook.Occasion
    private let log: Logger
    private let timer: LoopTimer
    private var neighbours: (any Neighbours)?
    private var core: LeaseCore
    /// Events that wait for the effects before them.
    private var events: [LeaseEvent] = []
    private var isFeeding = false
    private var finished: (() -> Void)?

    /// - Parameters:
    ///   - hook: the command of `--on-release`; nil for none.
    ///   - occasion: the data for the command.
    package init(
        loop: EventLoop, directory: StateDirectory, lock: LockFileStore, claimant: LeaseCore.Claimant,
        access: StoreAccess, timing: LeaseTiming, hook: ReignHook?,
        occasion: @escaping (Epoch) -> ReignHook.Occasion, log: Logger
    ) {
        self.loop = loop
        self.lock = lock
        self.directory = directory
        self.hook = hook
        self.occasion = occasion
        self.log = log
        fence = LockFileFence(store: lock, seed: UInt64.random(in: 0...UInt64.max))
        client = StoreClient(
            loop: loop, access: access, timeoutMilliseconds: Int(timing.callMilliseconds))
        core = LeaseCore(claimant: claimant, memberCount: client.memberCount, timing: timing)
        timer = LoopTimer(on: loop, isPulse: true)
        timer.action = { [unowned self] in feed(.tick) }
        hook?.onEnd = { [unowned self] in hookEnded() }
    }

    package func acquire(after: Epoch) { feed(.acquire(after: after)) }

    package func release(expectsSuccessor: Bool) {
        neighbours?.close()
        neighbours = nil
        feed(.release(expectsSuccessor: expectsSuccessor))
    }

    package func noteWorkersLeft() { feed(.workersLeft) }

    package func check() {
        if case .lost(let reason) = fence.standing(), core.isHolding { onAnswer(.lost(reason)) }
        tellNeighbours()
        feed(.check)
    }

    package func follow(_ neighbours: any Neighbours) {
        self.neighbours = neighbours
        tellNeighbours()
    }

    private func tellNeighbours() {
        if let neighbours { feed(.neighboursSeen(neighbours.standInDomains)) }
    }

    package func finish(then completion: @escaping () -> Void) {
        finished = completion
        // A process does not end with a lease that counts. After an earlier release this changes nothing.
        release(expectsSuccessor: false)
        finishIfSettled()
    }

    private func finishIfSettled() {
        guard core.isIdle, hook?.isRunning != true, let completion = finished.take() else { return }
        client.close()
        timer.remove()
        completion()
    }

    private func hookEnded() {
        feed(.hookEnded)
        finishIfSettled()
    }

    // MARK: The machine

    private func feed(_ event: LeaseEvent) {
        events.append(event)
        guard !isFeeding else { return }
        isFeeding = true
        while !events.isEmpty {
            core.feed(events.removeFirst(), now: Instant(nanoseconds: Clock.bootNanoseconds()))
            for effect in core.takeEffects() { perform(effect) }
        }
        isFeeding = false
        guard let deadline = core.nextDeadline else { return timer.cancel() }
        let now = Clock.bootNanoseconds()
        timer.set(at: loop.now &+ (deadline.nanoseconds > now ? deadline.nanoseconds - now : 0))
    }

    private func perform(_ effect: LeaseEffect) {
        switch effect {
        case .answer(let answer): onAnswer(answer)
        case .lockHost(let after):
            switch fence.acquire(after: after) {
            case .granted(let epoch):
                feed(.hostLocked(epoch, saved: savedLease, pledge: PledgeFile.read(in: directory)))
            case .heldByOther(let holder): feed(.hostHeld(by: holder))
            case .failed(let reason): feed(.hostFailed(reason))
            }
        case .reserveEpoch(let above):
            switch fence.leap(above: above) {
            case .granted(let epoch): feed(.epochReserved(epoch))
            case .heldByOther(let holder): feed(.hostFailed("\(holder) has the lock"))
            case .failed(let reason): feed(.hostFailed(reason))
            }
        case .unlockHost: fence.release()
        case .relockHost:
            if case .taken = lock.tryLock() { feed(.hostRelocked(true)) } else { feed(.hostRelocked(false)) }
        case .save(let lease): save(lease)
        case .runReleaseHook(let epoch):
            guard let hook else { return feed(.hookEnded) }
            hook.run(occasion(epoch))
        case .settled: finishIfSettled()
        case .askPledges(let lockDomains, let request, let round):
            for lockDomain in lockDomains {
                neighbours?.askPledge(of: lockDomain, request, timeoutMilliseconds: pledgeMilliseconds) {
                    [unowned self] in feed(.pledged(lockDomain, round: round))
                }
            }
        case .call(let call, let member, let number):
            client.ask(call, member: member) { [unowned self] in feed(.answered($0, number: number)) }
        case .note(let note): log.log(level: note.isWarning ? .warning : .notice, "\(note.message)")
        }
    }

    /// The time for one answer. The next round begins then.
    private var pledgeMilliseconds: Int { Int(core.roundMilliseconds) }

    // MARK: The saved lease

    private var savedLease: SavedLease? {
        directory.files.read(StateDirectory.Name.lease).flatMap { SavedLease($0, in: lock.boot) }
    }

    /// Not synced: it means nothing after a restart of the host.
    private func save(_ lease: SavedLease?) {
        let bytes = lease?.bytes(in: lock.boot) ?? []
        do throws(SystemError) {
            try directory.files.overwrite(StateDirectory.Name.lease, with: bytes)
        } catch {
            directory.files.remove(StateDirectory.Name.lease)
            log.warning(
                "the lease can't be written to \(directory.path): a successor here has to ask the store: \(error)")
        }
    }
}
