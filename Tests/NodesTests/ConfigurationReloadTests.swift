import ControlPlane
import Foundation
import Settings
import Sockets
import Storage
import Synchronization
import Telemetry
import TestSupport
import Testing

@testable import Nodes

/// Reloads while the disk hangs.
@Suite(.timeLimit(.minutes(2))) final class ConfigurationReloadTests {
    private final class Answers: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { list.withLock { $0 } }
        func add(_ text: String) { list.withLock { $0.append(text) } }
    }

    private let folder: TemporaryFolder
    private let control: TestLoop
    private let disk: DiskThread
    private let permit = DispatchSemaphore(value: 0)
    private let answers = Answers()
    private let reload: LoopBound<ConfigurationReload>

    init() throws {
        folder = try TemporaryFolder()
        let control = try TestLoop()
        let disk = try DiskThread(directory: StateDirectory(path: folder.path))
        self.control = control
        self.disk = disk
        let answers = answers
        reload = LoopBound(
            control.onLoop {
                let log = RecordingLog().makeLogger()
                let watch = CertificateWatch(
                    loop: control.loop, disk: disk, files: [], log: log, warnings: { { [] } },
                    makeReading: {
                        { () throws(CommandError) in LoopBound { answers.add("certificates") } }
                    })
                return ConfigurationReload(
                    loop: control.loop, disk: disk, certificates: watch, log: log, advice: "",
                    settings: { Settings(.balancer) }, adopt: { $1() })
            })
        let permit = permit
        disk.run(on: control.loop, { permit.wait() }, then: {})
    }

    deinit {
        permit.signal()
        control.stop()
    }

    private func request(_ name: String) {
        let (reload, answers) = (reload, answers)
        control.onLoop {
            reload.value.request { result in
                switch result {
                case .success: answers.add(name)
                case .failure(let error): answers.add("\(name): \(error)")
                }
            }
        }
    }

    private func awaitAnswers(_ count: Int) {
        let answers = answers
        let isThere = control.eventually { answers.all.count >= count }
        #expect(isThere, "\(answers.all)")
    }

    @Test func `Reloads are answered in their order, one after the other`() {
        for name in ["a", "b", "c"] { request(name) }
        #expect(answers.all == [])
        permit.signal()
        awaitAnswers(6)
        #expect(answers.all == ["certificates", "a", "certificates", "b", "certificates", "c"])
    }

    @Test func `Reloads that wait for the disk are bounded, and signals share one`() {
        request("first")
        for _ in 0..<100 { control.onLoop { [reload] in reload.value.request() } }
        for number in 2...ConfigurationReload.maximumWaiting { request("\(number)") }
        #expect(answers.all == [])
        request("too many")
        #expect(answers.all == ["too many: 16 reloads wait for the disk: try again later"])
        permit.signal()
        // Of the first one, the signals and 15 more: the certificates. Of all except the signals: an answer.
        awaitAnswers(34)
        #expect(answers.all.filter { $0 == "certificates" }.count == 17)
        #expect(answers.all.last == "16")
    }
}
