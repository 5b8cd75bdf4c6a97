import Foundation

/// Reading and writing files, and where the project's own are.
enum Files {
    /// The package's root: this file is four levels below it.
    static let packageRoot: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// Python with the packages of `Tests/Clients/requirements.txt`; made by `scripts/setup --tests`.
    static let python = "\(packageRoot)/.venv/bin/python"

    /// Where the test runner and, beside it, the executables lie.
    static let products: String = {
        let runner = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (runner as NSString).deletingLastPathComponent
    }()

    static func text(_ path: String) -> String {
        String(decoding: bytes(path), as: UTF8.self)
    }

    /// What is in the file now; nothing when there is none.
    static func bytes(_ path: String) -> Data {
        FileManager.default.contents(atPath: path) ?? Data()
    }

    /// A new folder for one test, short enough for a socket's path to fit in.
    static func makeTemporaryFolder() throws -> String {
        let path = "/tmp/understudy-e2e-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        return path
    }

    static func remove(_ path: String) {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A file of `size` zero bytes that takes no room.
    static func makeSparse(_ path: String, size: Int) throws {
        guard FileManager.default.createFile(atPath: path, contents: nil), truncate(path, off_t(size)) == 0 else {
            throw HarnessError("no file of \(size) bytes could be made at \(path)")
        }
    }
}
