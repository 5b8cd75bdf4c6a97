import Foundation

/// The certificates of the clusters that the tests start: made once a run, looked at by many.
enum TestCertificates {
    #if TLS
        static let scheme = "https"
    #else
        static let scheme = "http"
    #endif

    /// A folder with what `certs/make-certs` makes by itself. Tests that change something make a copy. Nothing is
    /// made for the plain build, which reads no certificates.
    static let shared: Result<String, any Error> = Result {
        let folder = try Files.makeTemporaryFolder()
        atexit { if case .success(let folder) = TestCertificates.shared { Files.remove(folder) } }
        #if TLS
            try make([], in: folder)
        #endif
        return folder
    }

    /// A copy of its own for a test, in `folder`.
    static func copy(to folder: String) throws {
        try FileManager.default.copyItem(atPath: try shared.get(), toPath: folder)
    }

    /// A copy with one more node, for the caller to remove.
    static func withNode(_ id: String) throws -> String {
        let folder = try Files.makeTemporaryFolder()
        #if TLS
            Files.remove(folder)
            try copy(to: folder)
            try make(["node", id], in: folder)
        #endif
        return folder
    }

    /// Calls `certs/make-certs`.
    static func make(_ arguments: [String], in folder: String) throws {
        try runTool("\(Files.packageRoot)/certs/make-certs", arguments + ["--out", folder])
    }

    /// Makes worker certificates that are odd in one point each: `folder/NAME/` for each name in
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
