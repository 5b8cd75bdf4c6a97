import Cluster
import Connections
import Foundation
import Settings
import Sockets
import Storage
import Synchronization
import TestSupport
import Testing

@testable import ControlPlane

/// `admin.sock` beside a control loop of its own.
@Suite(.timeLimit(.minutes(2))) final class CommandSocketTests {
    private let control: TestLoop
    private let folder: TemporaryFolder
    private let directory: StateDirectory
    private let seen = Seen()

    /// The commands that reached the control loop.
    private final class Seen: Sendable {
        let texts = Mutex<[String]>([])
    }

    init() throws {
        folder = try TemporaryFolder()
        directory = try StateDirectory(path: folder.path)
        control = try TestLoop()
    }

    deinit { control.stop() }

    private func open(permits: @escaping (UInt32) -> Bool = CommandSocket.permits) throws -> ControlPort {
        let (loop, directory, seen) = (control.loop, directory, seen)
        let port = control.onLoop { () -> ControlPort? in
            try? ControlPort.commands(
                in: directory, controlLoop: loop, slots: ConnectionSlots(limit: 4), permits: permits,
                log: RecordingLog().makeLogger()
            ) { request, reply in
                seen.texts.withLock { $0.append("\(request)") }
                if case .stop = request {
                    return reply(
                        .stop(StopReport(workers: [], pid: 7), proceed: { seen.texts.withLock { $0.append("ends") } }))
                }
                if case .pause = request {
                    let list = Snapshot(
                        epoch: Epoch(6), version: 1, workers: [],
                        pause: Pause(forMilliseconds: 30_000, unixMilliseconds: 1000))
                    let rest = StatusReport.Pause(remainingMilliseconds: 30_000, waiting: 2)
                    return reply(.pause(PauseReport(isChanged: true, pause: rest), list))
                }
                guard case .drain(let id) = request else { return reply(.refused(status: 404, "no \"such\" worker")) }
                let record = WorkerRecord(
                    id: id, host: "127.0.0.1", port: 1, incarnation: 7, mayStandIn: true, state: .draining,
                    isDrained: true)
                reply(
                    .drain(
                        DrainReport(id: id, state: .draining, isChanged: true, inFlight: 3),
                        Snapshot(epoch: Epoch(5), version: 6, workers: [record])))
            }
        }
        return try #require(port)
    }

    private func close(_ port: ControlPort) { control.onLoop { port.stop() } }

    private func client() throws -> RawClient {
        let address = try directory.files.socketAddress(StateDirectory.Name.commandSocket)
        let socket = try Socket.connect(to: address)
        return RawClient(adopting: socket.take().release())
    }

    @Test func aCommandReachesTheControlLoopAndItsAnswerTheOperator() throws {
        let port = try open()
        defer { close(port) }
        let client = try client()
        let drained = try client.exchange("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#)
        #expect(drained.status == 200)
        #expect(
            drained.text == #"{"changed":true,"id":"worker-8001","in_flight":3,"state":"draining","stored":true}"#
                + "\n")
        let refused = try client.exchange("POST", "/v1/undrain", body: #"{"id":"worker-9"}"#)
        #expect(refused.status == 404 && refused.text == #"{"error": "no \"such\" worker"}"# + "\n")
        #expect(seen.texts.withLock { $0 } == ["drain(worker-8001)", "undrain(worker-9)"])
    }

    @Test func theAnswerToAStopLeavesBeforeTheEnd() throws {
        let port = try open()
        defer { close(port) }
        let client = try client()
        let answer = try client.exchange("POST", "/v1/stop", body: #"{"cluster":true}"#)
        #expect(answer.status == 200 && answer.text == #"{"pid":7,"workers":[]}"# + "\n")
        let (control, seen) = (control, seen)
        #expect(control.eventually { seen.texts.withLock { $0.last == "ends" } })
        #expect(try client.exchange("POST", "/v1/stop", body: "").status == 400)
    }

    /// A successor reads the file if the balancer dies before any worker has the new list.
    @Test func theOrderIsOnTheDiskBeforeTheAnswer() throws {
        let port = try open()
        defer { close(port) }
        _ = try client().exchange("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#)
        let latest = SnapshotReader(directory: directory).latest()
        #expect(latest?.epoch == Epoch(5) && latest?.workers.first?.isDrained == true)
    }

    @Test func aPauseIsOnTheDiskBeforeTheAnswer() throws {
        let port = try open()
        defer { close(port) }
        let answer = try client().exchange("POST", "/v1/pause", body: #"{"for_ms":30000}"#)
        #expect(
            answer.text == #"{"changed":true,"pause":{"remaining_ms":30000,"waiting":2},"stored":true}"# + "\n",
            "\(answer)")
        #expect(SnapshotReader(directory: directory).latest()?.pause?.milliseconds == 30_000)
        #expect(seen.texts.withLock { $0 } == ["pause(Optional(30000))"])
    }

    @Test func theAnswerSaysWhenTheOrderIsNotOnTheDisk() throws {
        let port = try open()
        defer { close(port) }
        // A folder with this name can't be replaced by a file.
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/\(StateDirectory.Name.balancerSnapshot)", withIntermediateDirectories: false)
        let answer = try client().exchange("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#)
        #expect(answer.status == 200 && answer.text.contains(#""stored":false"#))
    }

    @Test(arguments: [
        ("POST", "/v1/drain", "", 400), ("POST", "/v1/drain", "{", 400), ("POST", "/v1/drain", #"{"id":7}"#, 400),
        ("POST", "/v1/drain", #"{"id":"UPPER"}"#, 400), ("POST", "/v1/drain", #"["worker-8001"]"#, 400),
        ("POST", "/v1/drain", String(repeating: "[", count: 4096), 400),
        ("POST", "/v1/drain", String(repeating: " ", count: 4097), 413),
        ("POST", "/v1/pause", "", 400), ("POST", "/v1/pause", #"{"for_ms":0}"#, 400),
        ("POST", "/v1/pause", #"{"for_ms":86400001}"#, 400),
        ("POST", "/v1/pause", #"{"for_ms":99999999999999999999}"#, 400),
        ("POST", "/v1/resume", "{}", 400), ("POST", "/v1/status", "", 405), ("GET", "/v1/status", "{}", 400),
        ("GET", "/v1/pause", nil, 405), ("GET", "/v1/drain", nil, 405), ("POST", "/v1/none", "{}", 404),
        ("POST", "/", "{}", 404),
    ])
    func malformedCommandsAreRefused(method: String, path: String, content: String?, status: Int) throws {
        let port = try open()
        defer { close(port) }
        let client = try client()
        let answer = try client.exchange(method, path, body: content)
        #expect(Int(answer.status) == status && answer.text.hasPrefix(#"{"error": ""#), "\(answer)")
        #expect(seen.texts.withLock { $0 }.isEmpty)
        if status != 413 {
            #expect(try client.exchange("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#).status == 200)
        }
    }

    @Test func bytesThatAreNotHTTPEndTheConnection() throws {
        let port = try open()
        defer { close(port) }
        let client = try client()
        try client.send("drain worker-8001\r\n\r\n")
        #expect(try client.receiveResponse().status == 400)
        #expect(seen.texts.withLock { $0 }.isEmpty)
    }

    @Test func aProcessOfAnotherUserGetsNoAnswer() throws {
        let port = try open(permits: { _ in false })
        defer { close(port) }
        let client = try client()
        try? client.send(RawClient.request("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#))
        let isAnswered = (try? client.receiveMore()) ?? false
        #expect(!isAnswered)
        #expect(seen.texts.withLock { $0 }.isEmpty)
    }

    @Test func thisUserAndRootArePermitted() {
        #expect(CommandSocket.permits(geteuid()) && CommandSocket.permits(0))
        #expect(!CommandSocket.permits(geteuid() + 1))
    }

    @Test func onlyThisUserCanOpenTheSocketAndASuccessorReplacesIt() throws {
        let first = try open()
        let path = "\(folder.path)/\(StateDirectory.Name.commandSocket)"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let second = try open()
        close(first)
        #expect(try client().exchange("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#).status == 200)
        close(second)
    }

    @Test func moreConnectionsThanPlacesLeaveOneForTheOperator() throws {
        let port = try open()
        defer { close(port) }
        let idle = try (0..<8).map { _ in try client() }
        #expect(try client().exchange("POST", "/v1/drain", body: #"{"id":"worker-8001"}"#).status == 200)
        withExtendedLifetime(idle) {}
    }
}
