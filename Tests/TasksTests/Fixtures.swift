import Connections
import Foundation
import HTTP
import Sockets
import TestSupport
import Testing

@testable import Tasks

/// A temporary directory for one test. The end of its last reference removes it.
final class TemporaryFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tasks-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path in the directory.
    func file(_ name: String = "shared.txt") -> String { "\(path)/\(name)" }
}

/// A service that makes the exchanges of a task service and records their connections.
final class SpyingService: Service {
    private struct Watched {
        weak var downstream: (any Downstream)?
    }

    private let service: TaskService
    private var watched: [Watched] = []

    init(_ service: TaskService) {
        self.service = service
    }

    func makeExchange(on downstream: any Downstream) -> any Exchange {
        watched.append(Watched(downstream: downstream))
        return service.makeExchange(on: downstream)
    }

    /// The largest number of bytes that wait for one client.
    var waitingOutput: Int { watched.compactMap { $0.downstream?.waitingOutput }.max() ?? 0 }
}

/// A worker's tasks behind a real server, with a shared file of its own.
final class TaskServer {
    let folder = TemporaryFolder()
    let files: SharedFile
    let service: LoopBound<TaskService>
    private let spy: LoopBound<SpyingService>
    let test: TestServer

    init(limits: DownstreamLimits = DownstreamLimits(), threads: Int = 2) throws {
        files = SharedFile(path: folder.file(), threads: threads)
        let files = self.files
        var made: TaskService?
        var spying: SpyingService?
        test = try TestServer(limits: limits) { loop in
            let service = TaskService(name: "worker-8001", loop: loop, files: files)
            made = service
            let spy = SpyingService(service)
            spying = spy
            return spy
        }
        guard let made, let spying else { preconditionFailure("no service was made") }
        service = LoopBound(made)
        spy = LoopBound(spying)
    }

    deinit { files.shutdown() }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: test.port, receiveBuffer: receiveBuffer)
    }

    /// The content of the shared file; nil if the file does not exist.
    var content: String? {
        FileManager.default.contents(atPath: folder.file()).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Creates or replaces the shared file.
    func put(_ text: String) {
        #expect(FileManager.default.createFile(atPath: folder.file(), contents: Data(text.utf8)))
    }

    /// True if no connection has more waiting output than expected: the limit and one read or piece beyond it.
    var isOutputBounded: Bool {
        let spy = self.spy
        return test.thread.onLoop { spy.value.waitingOutput } <= 140 << 10
    }

    /// Bytes of content that the exchanges hold at the moment.
    var heldBytes: Int {
        let service = self.service
        return test.thread.onLoop { service.value.budget.used }
    }
}
