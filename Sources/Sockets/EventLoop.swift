private import CLinux
private import Glibc

/// One thread's reactor over epoll(7): descriptors, timers and a mailbox.
///
/// A turn of the loop has these steps: wait; run due pulse timers; run ready sources and posted work; run other due
/// timers; run heavy work for as long as the earlier steps took; call `endOfTurn` of each source that requested it. In
/// that call the output of the turn leaves in one write. No step may block.
///
/// A turn is bounded in time (`turnNanoseconds`). The remaining sources run in the next turn, before the loop waits
/// again.
///
/// A due timer fires after every source has received the bytes that had arrived by then. So a loop that is late or was
/// stopped does not report a timeout while the peer's bytes wait in the kernel. A pulse timer waits for no input, because
/// its work is the loop's own.
///
/// Only the thread that calls `run` may use the loop, except for `post` and `stop`. Before `run`, only the thread that
/// creates the loop may use it.
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

    /// Bytes of `scratch`: four full TLS records and their type bytes, so that a fast sender needs few turns.
    package static let scratchSize = (64 << 10) + 64
    /// The time for sources, and then for posted work, in one turn: a tenth of the interval of a worker's checks.
    package static let turnNanoseconds: UInt64 = 10_000_000
    /// The loop reads the clock once for so many sources, because a reading costs as much as a small part of a request.
    private static let sourcesPerLook = 8

    /// The most ready descriptors that one wait reports.
    private let eventsPerWait: Int

    /// Monotonic nanoseconds, read once per turn.
    package private(set) var now: UInt64
    /// The receive buffer of all sources. A source copies the bytes that it can't use before its call returns.
    package let scratch: UnsafeMutableBufferPointer<UInt8>
    /// Bytes of `sharedScratch`. One system call receives the content of several peers, in large pieces.
    package static let sharedScratchSize = (256 << 10) + 64
    /// The receive buffer of a connection that carries the bytes of several sources, while those sources use `scratch`.
    package let sharedScratch: UnsafeMutableBufferPointer<UInt8>
    var timers = TimerHeap()
    /// The timers that fire at the beginning of a turn, whatever input waits.
    var pulseTimers = TimerHeap()

    private let epoll: FileDescriptor
    private let wakeup: FileDescriptor
    private let events: UnsafeMutablePointer<epoll_event>
    private var slots: [Slot] = []
    private var freeSlots: [Int] = []
    private var endOfTurn: [EventSource] = []
    private var endOfTurnSpare: [EventSource] = []
    private var nextTurn: [EventSource] = []
    private var heavyWork = HandshakeScheduler()
    /// The number of events from the last wait, and how many of them have been delivered to sources.
    private var eventCount = 0
    private var eventsGiven = 0
    /// A time before the last wait, exact if there are timers; nil after a wait that a signal has interrupted.
    private var waitBegan: UInt64?
    private var waitEnded: UInt64
    /// The beginning and the number of events of the current round, in which every source receives its bytes.
    private var roundBegan: UInt64
    private var roundEvents = 0
    /// The time at which the sources of this turn, or its posted work, must leave the rest to the next turn.
    private var turnEnds: UInt64 = 0
    private var looksLeft = EventLoop.sourcesPerLook
    /// Posted work that was taken from the mailbox and has not run yet.
    private var posted = FIFO<@Sendable () -> Void>()
    /// Sources that were unwatched during this turn. They live to its end, since calls may be in progress.
    private var givenUp: [EventSource] = []
    private var isStopping = false
    let census = Census()
    private let mailbox = Mailbox()

    package init(eventsPerWait: Int = 512) throws(SystemError) {
        self.eventsPerWait = eventsPerWait
        epoll = FileDescriptor(owning: try SystemError.check("epoll_create1", epoll_create1(Int32(EPOLL_CLOEXEC))))
        wakeup = FileDescriptor(
            owning: try SystemError.check("eventfd", eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))))
        now = Clock.monotonicNanoseconds()
        roundBegan = now
        waitEnded = now
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
        source.entry.begin(registration, for: interest)
    }

    /// Counts a source as watched that gets its bytes from another source, not from the kernel.
    package func watchWithoutDescriptor(_ source: EventSource) {
        source.entry.isWatchedWithoutDescriptor = true
    }

    /// Changes the interest of a watched source. A change costs a system call.
    package func update(_ source: EventSource, for interest: Readiness) {
        guard let registration = source.entry.change(to: interest) else { return }
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: EventLoop.token(registration)))
        // This can fail only for an unwatched descriptor, and the registration excludes that.
        _ = epoll_ctl(epoll.rawValue, EPOLL_CTL_MOD, slots[registration.index].descriptor, &event)
    }

    /// Replaces a watched source by another one. The descriptor stays watched, with the same interest.
    package func replace(_ source: EventSource, with successor: EventSource) {
        guard let (registration, interest) = source.entry.end() else { return }
        HandshakeScheduler.forget(source)
        slots[registration.index].source = successor
        successor.entry.begin(registration, for: interest)
        givenUp.append(source)
    }

    /// Stops watching. Drops the remaining events of this turn for the source, and releases the source at the end of
    /// the turn.
    package func unwatch(_ source: EventSource) {
        HandshakeScheduler.forget(source)
        if source.entry.isWatched { givenUp.append(source) }
        source.entry.isWatchedWithoutDescriptor = false
        guard let (registration, _) = source.entry.end() else { return }
        _ = epoll_ctl(epoll.rawValue, EPOLL_CTL_DEL, slots[registration.index].descriptor, nil)
        slots[registration.index].source = nil
        slots[registration.index].descriptor = -1
        slots[registration.index].generation &+= 1
        freeSlots.append(registration.index)
    }

    /// Keeps the source alive to the end of the current turn, because calls into it may still be in progress.
    package func keepToEndOfTurn(_ source: EventSource) { givenUp.append(source) }

    /// Requests one call of the source's `endOfTurn()`, before the loop waits again.
    package func callAtEndOfTurn(_ source: EventSource) {
        guard !source.entry.isDueAtEndOfTurn else { return }
        source.entry.isDueAtEndOfTurn = true
        endOfTurn.append(source)
    }

    /// Calls `ready(.readable)` of a watched source in the next turn, without waiting. Use it for input that was read
    /// ahead, and for sources that leave the rest of their work to the next turn.
    package func callNextTurn(_ source: EventSource) {
        guard !source.entry.isDueNextTurn else { return }
        source.entry.isDueNextTurn = true
        nextTurn.append(source)
    }

    /// Calls `heavyWork()` of a watched source once, in this turn or a later one, when it reaches the head of its line.
    /// Until then the source gets only the peer's close. In that call the source sets its interest again.
    ///
    /// - Parameter line: the beneficiary of the work. `HandshakeScheduler.Line` gives the priorities.
    package func callForHeavyWork(_ source: EventSource, in line: HandshakeScheduler.Line) {
        guard !source.isDueForHeavyWork else { return }
        heavyWork.add(source, to: line)
    }

    /// Returns whether the time for sources in this turn is over. A source with more to do then leaves the rest to the
    /// next turn.
    package var isTurnOver: Bool { Clock.monotonicNanoseconds() >= turnEnds }

    // MARK: From other threads

    /// Runs `work` on the loop's thread, in the order of the posts. Callable from any thread. After the loop has
    /// stopped, `work` is dropped at once, with everything that it holds.
    package func post(_ work: @escaping @Sendable () -> Void) {
        if mailbox.add(work) { wake() }
    }

    /// Makes `run` return after the current turn. Callable from any thread.
    package func stop() {
        post { [unowned self] in isStopping = true }
    }

    private func wake() {
        var one: UInt64 = 1
        // EAGAIN means that the counter is full, so the loop will wake anyway.
        _ = write(wakeup.rawValue, &one, MemoryLayout<UInt64>.size)
    }

    // MARK: Running

    /// Runs turns until `stop`.
    package func run() {
        while !isStopping { turn() }
        // Such work often holds the loop itself, and then nothing else would free it.
        mailbox.close()
        posted = FIFO()
    }

    /// Runs one turn. It waits for the first event, timer or posted work, for at most `maximumWaitMilliseconds` if
    /// given.
    package func turn(maximumWaitMilliseconds: Int32? = nil) {
        if eventsGiven == eventCount {
            wait(maximumMilliseconds: maximumWaitMilliseconds)
        } else {
            now = Clock.monotonicNanoseconds()
        }
        while pulseTimers.isDue(at: now), let timer = pulseTimers.popDue(at: now) { timer.fire() }
        beginPart(at: now)
        giveEvents()
        resumeSources()
        runPosted()
        if eventsGiven == eventCount, let seen = inputSeen(), timers.isDue(at: seen) { fireTimers(dueAt: seen) }
        if !heavyWork.isEmpty {
            // Ready output leaves before the loop waits.
            runEndOfTurn()
            doHeavyWork()
        }
        runEndOfTurn()
    }

    private func wait(maximumMilliseconds: Int32?) {
        let earliest = min(timers.earliest ?? .max, pulseTimers.earliest ?? .max)
        let began = earliest < .max ? Clock.monotonicNanoseconds() : now
        var timeout = EventLoop.waitMilliseconds(from: began, until: earliest)
        if let maximumMilliseconds, timeout < 0 || timeout > maximumMilliseconds { timeout = maximumMilliseconds }
        if !nextTurn.isEmpty || !heavyWork.isEmpty || !endOfTurn.isEmpty || !posted.isEmpty { timeout = 0 }
        let count = epoll_wait(epoll.rawValue, events, Int32(eventsPerWait), timeout)
        // EINTR: a signal has arrived, or the process was stopped. Only the next wait shows the input.
        waitBegan = count < 0 ? nil : began
        eventCount = max(0, Int(count))
        eventsGiven = 0
        roundEvents += eventCount
        now = Clock.monotonicNanoseconds()
        waitEnded = now
    }

    private func giveEvents() {
        while eventsGiven < eventCount {
            dispatch(events[eventsGiven])
            eventsGiven += 1
            if isPartOver() { return }
        }
    }

    private func fireTimers(dueAt seen: UInt64) {
        beginPart(at: Clock.monotonicNanoseconds())
        while let timer = timers.popDue(at: seen) {
            timer.fire()
            if isPartOver() { return }
        }
    }

    /// Begins a part of a turn, with a time of `turnNanoseconds`.
    private func beginPart(at instant: UInt64) {
        turnEnds = instant &+ EventLoop.turnNanoseconds
        looksLeft = EventLoop.sourcesPerLook
    }

    /// Returns whether the part's time is over, according to the last reading of the clock.
    private func isPartOver() -> Bool {
        looksLeft -= 1
        guard looksLeft <= 0 else { return false }
        looksLeft = EventLoop.sourcesPerLook
        return Clock.monotonicNanoseconds() >= turnEnds
    }

    /// The time up to which every source has received its input; nil if there is no new such time.
    ///
    /// A wait that reports fewer events than it could has reported all input from before its beginning. The process may be
    /// stopped between the end of the wait and the next reading of the clock, so that reading proves nothing. Otherwise the
    /// kernel reports ready descriptors in turn: after as many events as sources, each source has had its turn.
    private func inputSeen() -> UInt64? {
        guard let waitBegan else { return nil }
        let isAll = eventCount < eventsPerWait
        guard isAll || roundEvents >= slots.count - freeSlots.count else { return nil }
        defer {
            roundBegan = waitEnded
            roundEvents = 0
        }
        return isAll ? waitBegan : roundBegan
    }

    private func doHeavyWork() {
        let began = Clock.monotonicNanoseconds()
        let end = began &+ max(began - now, HandshakeScheduler.leastNanoseconds)
        while let source = heavyWork.next() {
            source.heavyWork()
            if Clock.monotonicNanoseconds() >= end { break }
        }
        // Their other input would be reported again and again. A source whose peer closes need not wait.
        heavyWork.fromTheLast { source in
            if source.interest == .readHangup { return false }
            update(source, for: .readHangup)
            return true
        }
    }

    /// - Parameter earliest: the first deadline of a timer; `max` if there is none.
    private static func waitMilliseconds(from began: UInt64, until earliest: UInt64) -> Int32 {
        guard earliest < .max else { return -1 }
        guard earliest > began else { return 0 }
        // Rounded up: waking before the deadline would spin.
        return Int32(clamping: (earliest - began + 999_999) / 1_000_000)
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
        for (index, source) in due.enumerated() {
            source.entry.isDueNextTurn = false
            if source.entry.isWatched { source.ready(.readable) }
            if isPartOver() {
                // These sources have waited longer than the later ones.
                nextTurn = due[(index + 1)...] + nextTurn
                return
            }
        }
    }

    /// Takes the work that other threads have posted.
    private func drainMailbox() {
        var counter: UInt64 = 0
        _ = read(wakeup.rawValue, &counter, MemoryLayout<UInt64>.size)
        for item in mailbox.takeAll() { posted.append(item) }
    }

    private func runPosted() {
        guard !posted.isEmpty else { return }
        beginPart(at: Clock.monotonicNanoseconds())
        while let item = posted.popFirst() {
            item()
            if isPartOver() { return }
        }
    }

    private func runEndOfTurn() {
        // A flush may make other sources request their end of turn, so this repeats until none does.
        while !endOfTurn.isEmpty {
            swap(&endOfTurn, &endOfTurnSpare)
            for source in endOfTurnSpare {
                source.entry.isDueAtEndOfTurn = false
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
