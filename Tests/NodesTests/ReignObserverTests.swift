import Cluster
import Sockets
import Testing

@testable import Balancing
@testable import Nodes

/// Reports about workers on their way from the data loops to the control loop.
@Suite struct ReignObserverTests {
    private final class Seen {
        var texts: [String] = []
        var onReport: () -> Void = {}
    }

    private let loop: EventLoop
    private let seen = Seen()
    private let reports: ReignObserver

    init() throws {
        loop = try EventLoop()
        reports = ReignObserver(loop: loop) { [seen] report in
            switch report {
            case .failed(let subject, _): seen.texts.append("failed \(subject.incarnation)")
            case .succeededAgain(let subject): seen.texts.append("succeeded \(subject.incarnation)")
            case .fenced(let subject, let epoch, _): seen.texts.append("fenced \(subject.incarnation) by \(epoch)")
            }
            seen.onReport()
        }
    }

    private func subject(_ number: UInt64) throws -> LoadBalancer.Subject {
        LoadBalancer.Subject(id: try #require(NodeID("worker-1")), incarnation: number)
    }

    private func turn() { loop.turn(maximumWaitMilliseconds: 0) }

    @Test func reportsArriveInOrder() throws {
        reports.add(.failed(try subject(1), .response))
        reports.add(.succeededAgain(try subject(2)))
        reports.add(.fenced(try subject(3), epoch: 7, nil))
        #expect(seen.texts.isEmpty)
        turn()
        #expect(seen.texts == ["failed 1", "succeeded 2", "fenced 3 by 7"])
        reports.add(.failed(try subject(4), .response))
        turn()
        #expect(seen.texts.last == "failed 4")
    }

    @Test func aReportOfADeliveryComesInALaterTurn() throws {
        let next = try subject(2)
        seen.onReport = { [reports, seen] in
            seen.onReport = {}
            reports.add(.failed(next, .response))
        }
        reports.add(.failed(try subject(1), .response))
        turn()
        turn()
        #expect(seen.texts == ["failed 1", "failed 2"])
    }

    @Test func aBusyControlLoopHoldsABoundedNumberOfReports() throws {
        for number in 0..<UInt64(3 * ReignObserver.maximumWaiting) {
            reports.add(.failed(try subject(number), .response))
        }
        turn()
        #expect(seen.texts.count == ReignObserver.maximumWaiting)
        #expect(seen.texts.last == "failed \(ReignObserver.maximumWaiting - 1)")
        reports.add(.succeededAgain(try subject(1)))
        turn()
        #expect(seen.texts.last == "succeeded 1")
    }
}
