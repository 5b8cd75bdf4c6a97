private import CLinux
private import Glibc
private import Synchronization

/// One thread's reactor over epoll(7): descriptors, timers and a mailbox.
///
/// A turn of the loop is: wait; run the sources that are ready; run what other threads posted; run due timers; let sources
/// do heavy work, for as long as all that took; give each source that asked for it its end of turn, where output gathered
/// during the turn leaves in one write. Nothing in a turn may block.
///
/// A timer that is due fires when every source has been given what had come by then: a loop that is late takes nobody for
/// silent whose bytes wait to be read.
///
/// Everything but `post` and `stop` belongs to the thread that calls `run` (before `run`: to the one that builds the
/// loop).
package final class EventLoop: @unchecked Sendable {
    struct Registration: Equatable {
        let index: Int
        let generation: UInt32
    }

    private struct Slot {
        var source: EventSource?
        var descriptor: Int32 = -1
        var generation: UInt32 = 0
    }

    /// Bytes of `scratch`: four full TLS records, so that a fast sender costs few turns, and a little more, since the type of a
    /// record is read behind its content.
    package static let scratchSize = (64 << 10) + 64
    /// How many ready descriptors the kernel tells of at once.
    private let eventsPerWait: Int

    /// Monotonic nanoseconds, read once per turn.
    package private(set) var now: UInt64
    /// Where sources read into. What is not consumed before the call returns is lost: sources keep only their
    /// leftovers, so that idle connections hold no buffer.
    package let scratch: UnsafeMutableBufferPointer<UInt8>
    /// Bytes of `sharedScratch`: several peers' content comes with one system call, in pieces that are worth a write of their own.
    package static let sharedScratchSize = (256 << 10) + 64
    /// Where a connection that carries the bytes of several sources reads into, while these use `scratch`.
    package let sharedScratch: UnsafeMutableBufferPointer<UInt8>
    var timers = TimerHeap()

    private let epoll: FileDescriptor
    private let wakeup: FileDescriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var endOfTurn: [EventSource] = []
    private var endOfTurnSpare: [EventSource] = []
    private var nextTurn: [EventSource] = []
    private var heavyWork = HeavyWork()
    /// When the present round began, in which every source gets what has come for it, and the events of it so far.
    private var roundBegan: UInt64
    private var roundEvents = 0
    /// Sources that were given up during this turn: kept until its end, since calls into them may still be under way below.
    private var givenUp: [EventSource] = []
    private var isStopping = false
    private let mailbox = Mutex<[@Sendable () -> Void]>([])

    package init(eventsPerWait: Int = 512) throws(SystemError) {
        self.eventsPerWait = eventsPerWait
        epoll = FileDescriptor(owning: try SystemError.check("epoll_create1", epoll_create1(Int32(EPOLL_CLOEXEC))))
        wakeup = FileDescriptor(
            owning: try SystemError.check("eventfd", eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))))
        now = Clock.monotonicNanoseconds()
        roundBegan = now
        scratch = .allocate(capacity: EventLoop.scratchSize)
        sharedScratch = .allocate(capacity: EventLoop.sharedScratchSize)
        events = .allocate(capacity: eventsPerWait)
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: EventLoop.wakeupToken))
        try SystemError.check("epoll_ctl", epoll_ctl(epoll.rawValue, EPOLL_CTL_ADD, wakeup.rawValue, &event))
    }

    deinit {
        scratch.deallocate()
        sharedScratch.deallocate()
        events.deallocate()
    }

    // MARK: Sources

    private static let wakeupToken = UInt64.max

    /// Starts watching `descriptor`, which must stay open until `unwatch`.
    package func watch(_ source: EventSource, descriptor: Int32, for interest: Readiness) throws(SystemError) {
        precondition(source.registration == nil, "an event source is watched twice")
        let index: Int
        if let free = freeSlots.popLast() {
            index = free
        } else {
            index = slots.count
            slots.append(Slot())
        }
        let registration = Registration(index: index, generation: slots[index].generation)
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: EventLoop.token(registration)))
        do {
            try SystemError.check("epoll_ctl", epoll_ctl(epoll.rawValue, EPOLL_CTL_ADD, descriptor, &event))
        } catch {
            freeSlots.append(index)
            throw error
        }
        slots[index].source = source
        slots[index].descriptor = descriptor
        source.registration = registration
        source.interest = interest
    }

    /// Counts a source among the watched ones that hears of its bytes from somebody else, not from the kernel.
    package func watchWithoutDescriptor(_ source: EventSource) {
        source.isWatchedWithoutDescriptor = true
    }

    /// Changes what a watched source hears of; costs a system call only when that differs from before.
    package func update(_ source: EventSource, for interest: Readiness) {
        guard let registration = source.registration, source.interest != interest else { return }
        source.interest = interest
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: EventLoop.token(registration)))
        // Can only fail for a descriptor that is not watched, which the registration rules out.
        _ = epoll_ctl(epoll.rawValue, EPOLL_CTL_MOD, slots[registration.index].descriptor, &event)
    }

    /// Puts another source in the place of a watched one: the descriptor stays watched, for the same readiness.
    package func replace(_ source: EventSource, with successor: EventSource) {
        guard let registration = source.registration else { return }
        precondition(successor.registration == nil, "an event source is watched twice")
        HeavyWork.forget(source)
        slots[registration.index].source = successor
        successor.registration = registration
        successor.interest = source.interest
        source.registration = nil
        source.interest = []
        givenUp.append(source)
    }

    /// Stops watching and, at the end of the turn, lets go of the source. Events of this turn that are still to come for it are dropped.
    package func unwatch(_ source: EventSource) {
        HeavyWork.forget(source)
        if source.isWatchedWithoutDescriptor {
            source.isWatchedWithoutDescriptor = false
            givenUp.append(source)
        }
        guard let registration = source.registration else { return }
        _ = epoll_ctl(epoll.rawValue, EPOLL_CTL_DEL, slots[registration.index].descriptor, nil)
        slots[registration.index].source = nil
        slots[registration.index].descriptor = -1
        slots[registration.index].generation &+= 1
        freeSlots.append(registration.index)
        source.registration = nil
        source.interest = []
        givenUp.append(source)
    }

    /// Asks for `endOfTurn()` of the source once, before the loop waits again.
    package func callAtEndOfTurn(_ source: EventSource) {
        guard !source.isDueAtEndOfTurn else { return }
        source.isDueAtEndOfTurn = true
        endOfTurn.append(source)
    }

    /// Calls `ready(.readable)` of a watched source in the next turn, which then does not wait: for input that was
    /// read ahead, and for sources that leave the rest of their work to let others have theirs.
    package func callNextTurn(_ source: EventSource) {
        guard !source.isDueNextTurn else { return }
        source.isDueNextTurn = true
        nextTurn.append(source)
    }

    /// Calls `heavyWork()` of a watched source once, in this turn or a later one, when it is its turn among those that asked. Until then
    /// the source hears of the peer's end only; by its call it says anew what it wants to hear of.
    ///
    /// - Parameter isNewcomer: the work is for a peer that has yet to get in; it comes after most that is for those who are.
    package func callForHeavyWork(_ source: EventSource, isNewcomer: Bool) {
        guard !source.isDueForHeavyWork else { return }
        heavyWork.add(source, isNewcomer: isNewcomer)
    }

    // MARK: From other threads

    /// Runs `work` on the loop's thread, in the order of posting. Callable from any thread; `work` is dropped with
    /// the loop when the loop has stopped.
    package func post(_ work: @escaping @Sendable () -> Void) {
        let mustWake = mailbox.withLock { queue in
            queue.append(work)
            return queue.count == 1
        }
        if mustWake { wake() }
    }

    /// Lets `run` return after the present turn. Callable from any thread.
    package func stop() {
        post { [unowned self] in isStopping = true }
    }

    private func wake() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full, so the loop will wake anyway.
        _ = write(wakeup.rawValue, &one, MemoryLayout<UInt64>.size)
    }

    // MARK: Running

    /// Turns until `stop`.
    package func run() {
        while !isStopping { turn() }
    }

    /// One turn; waits for the first event, timer or posted work, at most `maximumWaitMilliseconds` when given.
    package func turn(maximumWaitMilliseconds: Int32? = nil) {
        var timeout = waitMilliseconds()
        if let maximumWaitMilliseconds, timeout < 0 || timeout > maximumWaitMilliseconds {
            timeout = maximumWaitMilliseconds
        }
        if !nextTurn.isEmpty || !heavyWork.isEmpty || !endOfTurn.isEmpty { timeout = 0 }
        let count = Int(epoll_wait(epoll.rawValue, events, Int32(eventsPerWait), timeout))
        now = Clock.monotonicNanoseconds()
        if count > 0 {
            for index in 0..<count { dispatch(events[index]) }
        }
        resumeSources()
        if let seen = inputSeen(after: count) {
            while let timer = timers.popDue(at: seen) {
                timer.fire()
            }
        }
        if !heavyWork.isEmpty {
            // What is ready to leave need not wait for it.
            runEndOfTurn()
            doHeavyWork()
        }
        runEndOfTurn()
    }

    /// The instant up to which every source has had what had come for it; nil while that is not known of any new one.
    ///
    /// A wait that tells of fewer than it could has told of all. Else sources get their turn round about: where there is always something
    /// for all of them, each has had its turn when there were as many events as sources.
    private func inputSeen(after count: Int) -> UInt64? {
        roundEvents += count
        let isAll = count < eventsPerWait
        guard isAll || roundEvents >= slots.count - freeSlots.count else { return nil }
        defer {
            roundBegan = now
            roundEvents = 0
        }
        return isAll ? now : roundBegan
    }

    private func doHeavyWork() {
        let began = Clock.monotonicNanoseconds()
        let end = began &+ max(began - now, HeavyWork.leastNanoseconds)
        while let source = heavyWork.next() {
            source.heavyWork()
            if Clock.monotonicNanoseconds() >= end { break }
        }
        // The others' input would be reported again and again; a peer that gives up need not be waited for.
        heavyWork.fromTheLast { source in
            if source.interest == .readHangup { return false }
            update(source, for: .readHangup)
            return true
        }
    }

    private func waitMilliseconds() -> Int32 {
        guard let earliest = timers.earliest else { return -1 }
        let current = Clock.monotonicNanoseconds()
        guard earliest > current else { return 0 }
        // Rounded up: waking before the deadline would spin.
        return Int32(clamping: (earliest - current + 999_999) / 1_000_000)
    }

    private func dispatch(_ event: epoll_event) {
        let token = event.data.u64
        if token == EventLoop.wakeupToken {
            drainMailbox()
            return
        }
        let index = Int(token & 0xFFFF_FFFF)
        let generation = UInt32(truncatingIfNeeded: token >> 32)
        guard slots[index].generation == generation, let source = slots[index].source else { return }
        source.ready(Readiness(rawValue: event.events))
    }

    private func resumeSources() {
        guard !nextTurn.isEmpty else { return }
        let due = nextTurn
        nextTurn = []
        for source in due {
            source.isDueNextTurn = false
            if source.isWatched { source.ready(.readable) }
        }
    }

    private func drainMailbox() {
        var counter: UInt64 = 0
        _ = read(wakeup.rawValue, &counter, MemoryLayout<UInt64>.size)
        let work = mailbox.withLock { queue in
            let taken = queue
            queue = []
            return taken
        }
        for item in work { item() }
    }

    private func runEndOfTurn() {
        // A flush may make other sources ask for their end of turn: repeat until nobody does.
        while !endOfTurn.isEmpty {
            swap(&endOfTurn, &endOfTurnSpare)
            for source in endOfTurnSpare {
                source.isDueAtEndOfTurn = false
                source.endOfTurn()
            }
            endOfTurnSpare.removeAll(keepingCapacity: true)
        }
        if !givenUp.isEmpty { givenUp.removeAll(keepingCapacity: true) }
    }

    private static func token(_ registration: Registration) -> UInt64 {
        UInt64(registration.generation) << 32 | UInt64(registration.index)
    }
}
