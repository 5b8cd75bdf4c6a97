import Testing

@testable import Sockets

/// Compares the timers of a loop with a list that is searched.
struct TimerHeapTests {
    @Test(arguments: 0..<20 as Range<UInt64>) func dueTimersAlwaysFire(seed: UInt64) throws {
        var state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        let loop = try EventLoop()
        var fired: [Int] = []
        let timers = (0..<200).map { index in
            let timer = LoopTimer(on: loop)
            timer.action = { fired.append(index) }
            return timer
        }
        var deadlines: [Int: UInt64] = [:]
        var removed: Set<Int> = []
        var now: UInt64 = 0
        for _ in 0..<3000 {
            let index = Int(random(200))
            switch random(12) {
            case 0..<8:
                let deadline = now + 1 + random(1000)
                timers[index].set(at: deadline)
                if !removed.contains(index) { deadlines[index] = deadline }
            case 8:
                timers[index].cancel()
                deadlines[index] = nil
            case 9 where random(20) == 0:
                timers[index].remove()
                deadlines[index] = nil
                removed.insert(index)
            default:
                now += random(100)
                fired = []
                while let timer = loop.timers.popDue(at: now) { timer.fire() }
                #expect(fired.sorted() == deadlines.filter { $0.value <= now }.keys.sorted())
                deadlines = deadlines.filter { $0.value > now }
            }
        }
        for timer in timers { timer.remove() }
        #expect(loop.timers.earliest == nil)
    }

    @Test func unmovedTimersFireInOrder() throws {
        let loop = try EventLoop()
        var fired: [Int] = []
        // Every element of a prime field, in an unrelated order.
        let timers = (1..<1009).map { index in
            let timer = LoopTimer(on: loop)
            let place = index * 357 % 1009
            timer.action = { fired.append(place) }
            timer.set(at: UInt64(place))
            return timer
        }
        for timer in timers where timer.deadline % 3 == 0 { timer.remove() }
        while let timer = loop.timers.popDue(at: 900) { timer.fire() }
        #expect(fired == (1...900).filter { $0 % 3 != 0 })
        for timer in timers { timer.remove() }
    }
}
