import Sockets
import Testing

@testable import ControlPlane

/// The rate of updates for the data plane.
@Suite(.timeLimit(.minutes(5))) struct DebouncerTests {
    private let loop: EventLoop

    init() throws {
        loop = try EventLoop()
    }

    @Test func changesOfATurnAreDeliveredOnceAtItsEnd() {
        let publication = Debouncer(on: loop)
        var count = 0
        publication.action = { count += 1 }
        for _ in 0..<3 { publication.request() }
        #expect(count == 0)
        // The update waits for no other event.
        loop.turn()
        #expect(count == 1)
        publication.stop()
    }

    @Test func slowUpdatesAreDelayed() {
        let publication = Debouncer(on: loop)
        var ends: [UInt64] = []
        var begins: [UInt64] = []
        publication.action = {
            let began = Clock.monotonicNanoseconds()
            begins.append(began)
            while Clock.monotonicNanoseconds() - began < 2_000_000 {}
            ends.append(Clock.monotonicNanoseconds())
        }
        while ends.count < 5 {
            publication.request()
            loop.turn()
        }
        for (end, next) in zip(ends, begins.dropFirst()) { #expect(next - end >= 9 * 2_000_000) }
        // Without a routable worker nothing is delayed.
        publication.request(isUrgent: true)
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(ends.count == 6)
        // The last change is delivered too.
        publication.request()
        while ends.count < 7 { loop.turn() }
        publication.request()
        publication.stop()
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(ends.count == 7)
    }
}
