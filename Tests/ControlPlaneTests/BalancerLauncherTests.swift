import Cluster
import Foundation
import Sockets
import TestSupport
import Testing

@testable import ControlPlane
@testable import Handover
@testable import Settings
@testable import Storage

/// The reports of a started balancer to its worker. The balancer is a script.
@Suite(.serialized, .timeLimit(.minutes(5))) struct BalancerLauncherTests {
    private let folder: TemporaryFolder
    private let loop: TestLoop
    private let log = RecordingLog()

    init() throws {
        folder = try TemporaryFolder()
        loop = try TestLoop()
    }

    /// The test does not write the script. While another test starts a process, that process may hold the file open for
    /// writing, and the script could not run.
    private static let script = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Tools/reporting_balancer.sh").path

    /// The reports on the loop, and the launchers. As in a worker, launchers live as long as their loop.
    private final class Heard {
        var launchers: [BalancerLauncher] = []
        var outcomes: [TakeoverOutcome] = []
        var later: [Epoch] = []
        var reigns: [Epoch] = []
    }

    /// Starts a balancer that sends `reports` and ends at once.
    private func takeOver(_ reports: [StandbyReport], hearing heard: Heard) throws {
        let lines = reports.map { String(decoding: JSON.encode($0), as: UTF8.self) + "\n" }.joined()
        try folder.write(lines, to: "reports")
        let program = BalancerLauncher.Program(
            path: BalancerLauncherTests.script, id: try #require(NodeID("worker-8001")), certificates: folder.path,
            directory: try StateDirectory(path: folder.path))
        loop.onLoop { [loop, log] in
            let launcher = BalancerLauncher(loop: loop.loop, program: program, log: log.makeLogger())
            launcher.onSuperseded = { heard.later.append($0) }
            launcher.onReign = { heard.reigns.append($0) }
            launcher.takeOver(after: Epoch(1)) { heard.outcomes.append($0) }
            heard.launchers.append(launcher)
        }
    }

    private var endCount: Int { log.lines.count { $0.contains("the standby ended") } }

    /// Reaps every child before the loop ends. A zombie would hide the end of other children from the test library.
    ///
    /// - Parameter isCounted: false if a wanted standby may have been started again.
    private func end(_ heard: Heard, isCounted: Bool = true) {
        loop.onLoop { for launcher in heard.launchers { launcher.stop() } }
        let children = log.lines.filter { $0.contains("standby started") }
            .compactMap { $0.split(separator: "=").last.flatMap { Int32($0) } }
        #expect(!isCounted || children.count == heard.launchers.count)
        #expect(loop.eventually(withinSeconds: 100) { children.allSatisfy { kill($0, 0) != 0 } })
        loop.stop()
        withExtendedLifetime(heard) {}
    }

    /// Without the reason, the worker would start a useless balancer.
    @Test func `A balancer with a short reign reports the later reign that ended it`() throws {
        let heard = Heard()
        try takeOver([.started(Epoch(2)), .superseded(Epoch(99))], hearing: heard)
        #expect(loop.eventually(withinSeconds: 100) { heard.later == [Epoch(99)] })
        #expect(loop.onLoop { heard.outcomes } == [.started(Epoch(2))])
        end(heard)
    }

    /// The script ends when it has read a line. Without an order it would wait for ever.
    @Test func `A standby of another host prepares without listeners, as soon as the options are known`() throws {
        let heard = Heard()
        try folder.write("{\"parked\":{}}\n", to: "reports")
        let program = BalancerLauncher.Program(
            path: BalancerLauncherTests.script, id: try #require(NodeID("worker-8001")), certificates: folder.path,
            directory: try StateDirectory(path: folder.path))
        loop.onLoop { [loop, log] in
            let launcher = BalancerLauncher(loop: loop.loop, program: program, log: log.makeLogger())
            heard.launchers.append(launcher)
            launcher.keepStandby(true)
            launcher.isDistant = true
            launcher.renew()
        }
        #expect(log.lines.isEmpty, "there are no options and no listeners: \(log.lines)")
        let configuration = BalancerConfiguration(Settings(.balancer))
        try folder.write(String(decoding: JSON.encode(configuration), as: UTF8.self), to: "balancer.json")
        loop.onLoop { heard.launchers[0].renew() }
        #expect(loop.eventually(withinSeconds: 100) { log.lines.contains { $0.contains("standby parked") } })
        loop.onLoop { heard.launchers[0].keepStandby(false) }
        end(heard, isCounted: false)
    }

    /// The command of --on-takeover runs then. A program of an earlier version does not say when it begins to accept.
    @Test(arguments: [[StandbyReport.accepts(Epoch(2)), .started(Epoch(2))], [.started(Epoch(2))]])
    func `A reign is noted once`(_ reports: [StandbyReport]) throws {
        let heard = Heard()
        try takeOver(reports, hearing: heard)
        #expect(loop.eventually(withinSeconds: 100) { heard.outcomes == [.started(Epoch(2))] })
        #expect(loop.onLoop { heard.reigns } == [Epoch(2)])
        end(heard)
    }

    /// The failed one finishes its requests meanwhile, and takes no order.
    @Test func `A balancer that fails after it has accepted is no standby any more`() throws {
        let heard = Heard()
        try takeOver([.accepts(Epoch(2)), .failed("handover.sock can't be made")], hearing: heard)
        #expect(loop.eventually(withinSeconds: 100) { heard.outcomes == [.failed("handover.sock can't be made")] })
        loop.onLoop {
            #expect(!heard.launchers[0].isParked)
            heard.launchers[0].takeOver(after: Epoch(2)) { heard.outcomes.append($0) }
        }
        #expect(loop.eventually(withinSeconds: 100) { heard.outcomes.count == 2 })
        #expect(log.lines.count { $0.contains("standby started") } == 2, "the next order starts another process")
        end(heard, isCounted: false)
    }

    @Test func `A balancer that ends before its reign reports the later reign`() throws {
        let heard = Heard()
        try takeOver([.superseded(Epoch(99))], hearing: heard)
        #expect(loop.eventually(withinSeconds: 100) { heard.outcomes.count == 1 })
        #expect(loop.onLoop { heard.later } == [Epoch(99)])
        end(heard)
        guard case .failed = heard.outcomes.first else {
            Issue.record("\(heard.outcomes)")
            return
        }
    }

    /// The loop sees the last report or the end first, by chance.
    @Test func `A balancer's last report counts, whether or not the worker sees its end first`() throws {
        let heard = Heard()
        for count in 1...10 {
            try takeOver([.failed("no certificate")], hearing: heard)
            let hasEnded = loop.eventually(withinSeconds: 100) { endCount == count }
            try #require(hasEnded)
        }
        #expect(heard.outcomes.allSatisfy { $0 == .failed("no certificate") }, "\(heard.outcomes)")
        end(heard)
    }
}
