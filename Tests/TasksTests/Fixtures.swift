import Connections
import Foundation
import Sockets
import TestSupport
import Testing

@testable import Tasks

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
    let path: String

    init() {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("tasks-\(UUID().uuidString)").path
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A path in the folder.
    func file(_ name: String = "shared.txt") -> String { "\(path)/\(name)" }
}

/// A worker's tasks behind a real server, with a shared file of their own.
final class TaskServer {
    let folder = TemporaryFolder()
    let files: SharedFile
    private(set) var service: LoopBound<TaskService>!
    private let server: TestServer

    init(limits: DownstreamLimits = DownstreamLimits(), threads: Int = 2) throws {
        files = SharedFile(path: folder.file(), threads: threads)
        let files = self.files
        var made: TaskService?
        server = try TestServer(limits: limits) { loop in
            let service = TaskService(name: "worker-8001", loop: loop, files: files)
            made = service
            return service
        }
        guard let made else { preconditionFailure("no service was made") }
        service = LoopBound(made)
    }

    deinit { files.shutdown() }

    var test: TestServer { server }

    func client(receiveBuffer: Int32? = nil) throws -> RawClient {
        try RawClient(port: server.port, receiveBuffer: receiveBuffer)
    }

    /// What the shared file holds; nil when there is none.
    var content: String? {
        FileManager.default.contents(atPath: folder.file()).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Makes the shared file, or replaces it.
    func put(_ text: String) {
        #expect(FileManager.default.createFile(atPath: folder.file(), contents: Data(text.utf8)))
    }

    /// Bytes of content that exchanges hold at the moment.
    var heldBytes: Int {
        let service = self.service!
        return server.thread.onLoop { service.value.budget.used }
    }
}
