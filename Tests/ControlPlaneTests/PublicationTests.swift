import Sockets
import Testing

@testable import ControlPlane

/// How often the data plane is told.
@Suite(.timeLimit(.minutes(1))) struct PublicationTests {
    private let loop: EventLoop

    init() throws {
        loop = try EventLoop()
    }

    @Test func allOfATurnIsToldOnceAtItsEnd() {
        let publication = Publication(on: loop)
        var count = 0
        publication.action = { count += 1 }
        for _ in 0..<3 { publication.isDue() }
        #expect(count == 0)
        // It does not wait for anything else to happen.
        loop.turn()
        #expect(count == 1)
        publication.stop()
    }

    @Test func whatTakesLongIsToldLater() {
        let publication = Publication(on: loop)
        var ends: [UInt64] = []
        var begins: [UInt64] = []
        publication.action = {
            let began = Clock.monotonicNanoseconds()
            begins.append(began)
            while Clock.monotonicNanoseconds() - began < 2_000_000 {}
            ends.append(Clock.monotonicNanoseconds())
        }
        while ends.count < 5 {
            publication.isDue()
            loop.turn()
        }
        for (end, next) in zip(ends, begins.dropFirst()) { #expect(next - end >= 9 * 2_000_000) }
        // Nothing is put off while there is nobody.
        publication.isDue(isUrgent: true)
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(ends.count == 6)
        // The last change is told too.
        publication.isDue()
        while ends.count < 7 { loop.turn() }
        publication.isDue()
        publication.stop()
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(ends.count == 7)
    }
}
