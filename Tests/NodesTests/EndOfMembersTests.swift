import Cluster
import Sockets
import TestSupport
import Testing

@testable import Nodes

/// The end of all workers, with a short patience.
@Suite(.timeLimit(.minutes(2))) struct EndOfMembersTests {
    @Test func workersThatDoNotEndAreNamed() throws {
        let loop = try EventLoop()
        let log = RecordingLog()
        let ids = [NodeID("worker-8001"), NodeID("worker-8003")].compactMap { $0 }
        let end = EndOfMembers(on: loop, log: log.makeLogger(), patienceMilliseconds: 20) { ids }
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(log.lines.isEmpty)
        end.begin()
        let began = Clock.monotonicNanoseconds()
        while log.lines.isEmpty { loop.turn() }
        #expect(Clock.monotonicNanoseconds() - began >= 19_000_000)
        #expect(
            log.lines == [
                "warning these workers have not ended, so the balancer goes on: stop them workers=worker-8001,worker-8003"
            ])
        #expect(EndOfMembers.patienceMilliseconds == 60_000)
    }

    @Test func afterTheEndNothingIsSaid() throws {
        let loop = try EventLoop()
        let log = RecordingLog()
        let end = EndOfMembers(on: loop, log: log.makeLogger(), patienceMilliseconds: 1) { [] }
        end.begin()
        end.finish()
        let after = LoopTimer(on: loop)
        var isOver = false
        after.action = { isOver = true }
        after.set(afterMilliseconds: 30)
        while !isOver { loop.turn() }
        #expect(log.lines.isEmpty)
    }
}
