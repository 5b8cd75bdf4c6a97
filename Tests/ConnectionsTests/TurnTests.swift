import Glibc
import Testing

@testable import Connections
@testable import Sockets

/// The order and the time of work in one turn of a loop.
final class TurnTests {
    private static let eventsPerWait = 4

    /// Records each call.
    private final class Source: EventSource {
        let name: Int
        let log: Log
        let descriptor: Int32
        var drains = false
        /// The source's action at its turn, and at heavy work.
        var act: () -> Void = {}
        var work: () -> Void = {}
        var end: () -> Void = {}

        init(_ name: Int, log: Log, descriptor: Int32) {
            self.name = name
            self.log = log
            self.descriptor = descriptor
        }

        override func ready(_ readiness: Readiness) {
            log.entries.append(readiness == .readHangup ? "\(name) given up" : "\(name)")
            if drains {
                var byte: UInt8 = 0
                _ = read(descriptor, &byte, 1)
            }
            act()
        }

        override func endOfTurn() { end() }

        override func heavyWork() {
            log.entries.append("\(name) heavy")
            work()
        }
    }

    private final class Log {
        var entries: [String] = []
    }

    private let loop: EventLoop
    private let log = Log()
    private var peers: [Int32] = []
    private var sources: [Source] = []

    init() throws {
        loop = try EventLoop(eventsPerWait: TurnTests.eventsPerWait)
    }

    deinit {
        for source in sources {
            loop.unwatch(source)
            close(source.descriptor)
        }
        for peer in peers { close(peer) }
    }

    private func makeSource() throws -> Source { try makeSource(on: loop) }

    @discardableResult
    private func makeSource(on loop: EventLoop) throws -> Source {
        var pair: [Int32] = [0, 0]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0, &pair) == 0)
        let source = Source(sources.count, log: log, descriptor: pair[0])
        sources.append(source)
        peers.append(pair[1])
        try loop.watch(source, descriptor: pair[0], for: .readable)
        return source
    }

    private func send(to source: Source) {
        var byte: UInt8 = 1
        #expect(write(peers[source.name], &byte, 1) == 1)
    }

    private func turn() { loop.turn(maximumWaitMilliseconds: 0) }

    /// A due timer, as on a late loop.
    private func setDueTimer() -> LoopTimer {
        let timer = LoopTimer(on: loop)
        timer.action = { [log] in log.entries.append("timer") }
        timer.set(at: loop.now)
        return timer
    }

    @Test func aTimerWaitsForArrivedInput() throws {
        for _ in 0..<(2 * TurnTests.eventsPerWait + 1) {
            let source = try makeSource()
            source.drains = true
            send(to: source)
        }
        let timer = setDueTimer()
        turn()
        turn()
        #expect(!log.entries.contains("timer"))
        turn()
        #expect(log.entries.count == sources.count + 1 && log.entries.last == "timer")
        timer.remove()
    }

    @Test func alwaysReadySourcesDelayNoTimer() throws {
        for _ in 0..<(2 * TurnTests.eventsPerWait + 1) { send(to: try makeSource()) }
        let timer = setDueTimer()
        for _ in 0..<3 { turn() }
        #expect(log.entries.last == "timer")
        #expect(Set(log.entries.dropLast()).count == sources.count, "each has had its turn")
        timer.remove()
    }

    /// A late loop is in the middle of a round when it stops.
    @Test func aTimerWaitsForAWholeRound() throws {
        for _ in 0..<(2 * TurnTests.eventsPerWait + 1) { send(to: try makeSource()) }
        turn()
        turn()
        let timer = setDueTimer()
        turn()
        #expect(!log.entries.contains("timer"))
        for _ in 0..<3 { turn() }
        let before = log.entries.prefix { $0 != "timer" }.dropFirst(2 * TurnTests.eventsPerWait)
        #expect(log.entries.last == "timer" && Set(before).count == sources.count)
        timer.remove()
    }

    /// Takes at least the time of a whole turn.
    private func holdTheTurn() {
        let end = Clock.monotonicNanoseconds() + EventLoop.turnNanoseconds
        while Clock.monotonicNanoseconds() < end {}
    }

    @Test func aTurnIsBoundedInTimeAndTheRestFollows() throws {
        let loop = try EventLoop()
        for _ in 0..<20 { try makeSource(on: loop) }
        for source in sources {
            source.drains = true
            source.act = { [unowned self] in holdTheTurn() }
            send(to: source)
        }
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(log.entries.count < sources.count)
        var turns = 1
        while log.entries.count < sources.count, turns < 20 {
            loop.turn(maximumWaitMilliseconds: 0)
            turns += 1
        }
        #expect(Set(log.entries).count == sources.count && log.entries.count == sources.count)
        for source in sources { loop.unwatch(source) }
    }

    @Test func aPulseTimerWaitsForNoInputAndAnotherOneDoes() throws {
        let loop = try EventLoop()
        for _ in 0..<20 { try makeSource(on: loop) }
        for source in sources {
            source.drains = true
            source.act = { [unowned self] in holdTheTurn() }
            send(to: source)
        }
        let timer = LoopTimer(on: loop)
        timer.action = { [log] in log.entries.append("timer") }
        timer.set(at: loop.now)
        let pulse = LoopTimer(on: loop, isPulse: true)
        pulse.action = { [log] in log.entries.append("pulse") }
        pulse.set(at: loop.now)
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(log.entries.first == "pulse" && !log.entries.contains("timer"))
        for _ in 0..<20 where !log.entries.contains("timer") { loop.turn(maximumWaitMilliseconds: 0) }
        #expect(log.entries.last == "timer" && log.entries.count == sources.count + 2)
        timer.remove()
        pulse.remove()
        for source in sources { loop.unwatch(source) }
    }

    @Test func postedWorkIsBoundedInTimeAndKeepsItsOrder() throws {
        let test = LoopBound(self)
        for number in 0..<20 {
            loop.post {
                test.value.log.entries.append("\(number)")
                test.value.holdTheTurn()
            }
        }
        turn()
        #expect(!log.entries.isEmpty && log.entries.count < 20)
        for _ in 0..<20 { turn() }
        #expect(log.entries == (0..<20).map { "\($0)" })
    }

    @Test func sourcesOfTheNextTurnAreBoundedInTimeToo() throws {
        let loop = try EventLoop()
        for _ in 0..<20 { try makeSource(on: loop) }
        for source in sources { loop.callNextTurn(source) }
        for source in sources { source.act = { [unowned self] in holdTheTurn() } }
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(log.entries.count < sources.count)
        for _ in 0..<20 { loop.turn(maximumWaitMilliseconds: 0) }
        #expect(log.entries == sources.map { "\($0.name)" })
        for source in sources { loop.unwatch(source) }
    }

    /// Takes longer than all other work of this turn.
    private func workHard() {
        let began = Clock.monotonicNanoseconds()
        while Clock.monotonicNanoseconds() - began <= max(began - loop.now, HandshakeScheduler.leastNanoseconds) {}
    }

    @Test func heavyWorkLeavesTimeForOthers() throws {
        let heavy = try (0..<3).map { _ in try makeSource() }
        let light = try makeSource()
        for source in heavy {
            source.act = { [loop] in loop.callForHeavyWork(source, in: .newcomer) }
            source.work = { [unowned self] in
                workHard()
                source.drains = true
                source.act = {}
                loop.update(source, for: .readable)
            }
        }
        for source in heavy + [light] { send(to: source) }
        turn()
        #expect(log.entries.sorted() == ["0", "0 heavy", "1", "2", "3"] && log.entries.last == "0 heavy")
        // Waiting sources are not reported again. The one that has begun is, like every other source.
        for expected in ["1 heavy", "2 heavy"] {
            log.entries = []
            turn()
            #expect(log.entries.contains("3") && log.entries.filter { $0.hasSuffix("heavy") } == [expected])
            #expect(log.entries.last == expected)
        }
        log.entries = []
        turn()
        turn()
        #expect(log.entries.filter { $0 == "2" }.count == 1)
        for source in heavy {
            source.act = {}
            source.work = {}
        }
    }

    @Test func shortWorkIsDoneInOneTurn() throws {
        let first = try makeSource()
        // It takes its time, so that heavy work gets as much.
        first.act = { [unowned self] in
            let began = Clock.monotonicNanoseconds()
            while Clock.monotonicNanoseconds() - began < 50_000_000 {}
            for source in sources.dropFirst() { loop.callForHeavyWork(source, in: .newcomer) }
            first.act = {}
        }
        for _ in 0..<100 { _ = try makeSource() }
        send(to: first)
        turn()
        #expect(log.entries == ["0"] + (1...100).map { "\($0) heavy" })
    }

    @Test func newcomersComeLast() throws {
        let heavy = try (0..<4).map { _ in try makeSource() }
        for source in heavy {
            source.work = { [unowned self] in workHard() }
            loop.callForHeavyWork(source, in: source.name % 2 == 0 ? .newcomer : .own)
        }
        for _ in 0..<4 { turn() }
        #expect(log.entries == ["1 heavy", "3 heavy", "0 heavy", "2 heavy"])
        for source in heavy { source.work = {} }
    }

    @Test func newcomersComeAfterAWhile() throws {
        let own = HandshakeScheduler.mostOwnInRow + 2
        let heavy = try (0..<(own + 2)).map { _ in try makeSource() }
        for source in heavy { loop.callForHeavyWork(source, in: source.name >= own ? .newcomer : .own) }
        while log.entries.count < heavy.count { turn() }
        let order = Array(0..<(own - 2)) + [own, own - 2, own - 1, own + 1]
        #expect(log.entries == order.map { "\($0) heavy" })
    }

    /// An answered handshake ends before others begin, but a crowd that ends none excludes no other.
    @Test func begunHandshakesPrecedeNewOnes() throws {
        let begun = HandshakeScheduler.mostBegunInRow + 1
        let heavy = try (0..<(begun + 3)).map { _ in try makeSource() }
        for source in heavy {
            let line: HandshakeScheduler.Line = source.name < begun ? .begun : source.name == begun ? .own : .newcomer
            loop.callForHeavyWork(source, in: line)
        }
        while log.entries.count < heavy.count { turn() }
        let order = [begun] + Array(0..<(begun - 1)) + [begun + 1, begun - 1, begun + 2]
        #expect(log.entries == order.map { "\($0) heavy" })
    }

    @Test func aClosedWaitingSourceIsReleasedAtOnce() throws {
        var gone: Source? = Source(0, log: log, descriptor: -1)
        let weakly = { [weak gone] in gone }
        for _ in 0..<2 {
            let heavy = try makeSource()
            heavy.work = { [unowned self] in workHard() }
            loop.callForHeavyWork(heavy, in: .newcomer)
        }
        let pair = try makeSource()
        if let source = gone {
            loop.unwatch(pair)
            try loop.watch(source, descriptor: pair.descriptor, for: .readable)
            loop.callForHeavyWork(source, in: .newcomer)
            loop.unwatch(source)
        }
        gone = nil
        turn()
        #expect(weakly() == nil, "others are still before it")
        #expect(log.entries == ["0 heavy"])
        for source in sources { source.work = {} }
    }

    @Test func readyOutputLeavesBeforeHeavyWork() throws {
        let source = try makeSource()
        let heavy = try makeSource()
        source.act = { [loop] in
            loop.callAtEndOfTurn(source)
            loop.callForHeavyWork(heavy, in: .newcomer)
        }
        source.end = { [log] in log.entries.append("end") }
        send(to: source)
        turn()
        #expect(log.entries == ["0", "end", "1 heavy"])
        source.act = {}
    }

    @Test func theCloseOfAWaitingSourceIsNoticed() throws {
        let heavy = try (0..<3).map { _ in try makeSource() }
        for source in heavy {
            source.work = { [unowned self] in workHard() }
            loop.callForHeavyWork(source, in: .newcomer)
        }
        heavy[2].act = { [loop] in loop.unwatch(heavy[2]) }
        turn()
        shutdown(peers[2], Int32(SHUT_WR))
        turn()
        turn()
        #expect(log.entries == ["0 heavy", "2 given up", "1 heavy"])
        for source in heavy {
            source.act = {}
            source.work = {}
        }
    }
}
