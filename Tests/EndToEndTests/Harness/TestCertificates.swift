import Foundation

/// The certificates of the test clusters. Each run makes them once, and all tests share them.
enum TestCertificates {
    #if TLS
        static let scheme = "https"
    #else
        static let scheme = "http"
    #endif

    /// A folder with the default certificates of `certs/make-certs`. A test that changes one makes a copy. In the plain
    /// build, which reads no certificates, the folder is empty.
    static let shared: Result<String, any Error> = Result {
        let folder = try Files.makeTemporaryFolder()
        atexit { if case .success(let folder) = TestCertificates.shared { Files.remove(folder) } }
        #if TLS
            try make([], in: folder)
        #endif
        return folder
    }

    /// Makes a copy for one test, in `folder`.
    static func copy(to folder: String) throws {
        try FileManager.default.copyItem(atPath: try shared.get(), toPath: folder)
    }

    /// Makes a copy with one more node. The caller removes the copy.
    static func withNode(_ id: String) throws -> String {
        let folder = try Files.makeTemporaryFolder()
        #if TLS
            Files.remove(folder)
            try copy(to: folder)
            try make(["node", id], in: folder)
        #endif
        return folder
    }

    /// Runs `certs/make-certs`.
    static func make(_ arguments: [String], in folder: String) throws {
        try runTool("\(Files.packageRoot)/certs/make-certs", arguments + ["--out", folder])
    }

    /// Makes worker certificates with one fault each: `folder/NAME/` for each name in
    /// `Tests/Certificates/make-odd-certs`.
    static func makeOdd(id: String, in folder: String) throws {
        let tool = "\(Files.packageRoot)/Tests/Certificates/make-odd-certs"
        try runTool(tool, ["--id", id, folder, try shared.get()])
    }

    private static func runTool(_ tool: String, _ arguments: [String]) throws {
        let result = try Command.run(tool, arguments)
        guard result.status == 0 else {
            throw HarnessError("\(tool) \(arguments.joined(separator: " ")) failed: \(result.errors)")
        }
    }
}
