import Foundation

/// Reads and writes files, and locates the project's own files.
enum Files {
    /// The package's root, four levels above this file.
    static let packageRoot: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// Python with the packages of `Tests/Clients/requirements.txt`. `scripts/setup --tests` creates it.
    static let python = "\(packageRoot)/.venv/bin/python"

    /// The folder of the test runner and of the executables.
    static let products: String = {
        let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (runner as NSString).deletingLastPathComponent
    }()

    static func text(_ path: String) -> String {
        String(decoding: bytes(path), as: UTF8.self)
    }

    /// The present content of the file; empty if there is no file.
    static func bytes(_ path: String) -> Data {
        FileManager.default.contents(atPath: path) ?? Data()
    }

    /// Creates a new folder for one test. Its path is short enough for a socket's address.
    static func makeTemporaryFolder() throws -> String {
        let path = "/tmp/understudy-e2e-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return path
    }

    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Creates a file of `size` zero bytes that uses no disk space.
    static func makeSparse(_ path: String, size: Int) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), truncate(path, off_t(size)) == 0 else {
            throw HarnessError("no file of \(size) bytes could be made at \(path)")
        }
    }
}
