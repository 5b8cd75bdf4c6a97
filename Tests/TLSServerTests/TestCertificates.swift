#if TLS
    import Foundation
    import TLSServer

    /// Certificates of `certs/make-certs`, and odd ones. Each run of the tests makes them once.
    enum TestCertificates {
        /// The reason why the certificates could not be made.
        struct Failure: Error { let output: String }

        private static let folder: Result<URL, any Error> = Result {
            let folder = FileManager.default.temporaryDirectory.appending(path: "understudy-tls-\(UUID().uuidString)")
            path = folder.path
            atexit { try? FileManager.default.removeItem(atPath: TestCertificates.path) }
            try run("certs/make-certs", "--out", folder.appending(path: "good").path)
            try run("certs/make-certs", "--out", folder.appending(path: "good").path, "revoke", "worker-8003")
            try run(
                "Tests/Certificates/make-odd-certs", folder.appending(path: "odd").path,
                folder.appending(path: "good").path)
            return folder
        }

        /// Set once before any other access; read at the end of the process.
        nonisolated(unsafe) private static var path = ""

        private static func run(_ script: String, _ arguments: String...) throws {
            let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
            try run(root.appending(path: script), arguments)
        }

        /// A self-signed certificate with a special key, as a PEM file.
        ///
        /// - Parameter key: arguments of `openssl req` that make the key.
        static func selfSigned(key: [String]) throws -> String {
            let file = try scratch().appending(path: "leaf.pem").path
            try run(
                URL(filePath: "/usr/bin/env"),
                ["openssl", "req", "-x509", "-subj", "/CN=test", "-nodes", "-keyout", file + ".key", "-out", file]
                    + key)
            return file
        }

        static func run(_ executable: URL, _ arguments: [String]) throws {
            let process = Process()
            process.executableURL = executable
            process.arguments = arguments
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = pipe
            try process.run()
            let output = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw Failure(output: String(decoding: output, as: UTF8.self)) }
        }

        /// A folder of `make-certs`, in which worker-8003 is revoked.
        static var good: String { get throws { try folder.get().appending(path: "good").path } }

        /// A folder for the files of a test.
        static func scratch() throws -> URL {
            let made = try folder.get().appending(path: "scratch-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: made, withIntermediateDirectories: true)
            return made
        }

        static func node(_ id: String, role: String = "worker") throws -> TLSCredentials {
            let leaf = try good + "/nodes/\(id)/\(role)"
            return TLSCredentials(certificate: leaf + ".pem", key: leaf + ".key")
        }

        static var balancer: TLSCredentials { get throws { try node("balancer", role: "balancer") } }

        static var publicSide: TLSCredentials {
            get throws { TLSCredentials(certificate: try good + "/public.pem", key: try good + "/public.key") }
        }

        /// The certificate of `make-odd-certs` with this name.
        static func odd(_ name: String) throws -> TLSCredentials {
            let leaf = try folder.get().appending(path: "odd/\(name)/nodes/worker-8001/worker").path
            return TLSCredentials(certificate: leaf + ".pem", key: leaf + ".key")
        }

        static func trust(withRevocations: Bool = false) throws -> TLSTrust {
            TLSTrust(authority: try good + "/ca.pem", revocations: withRevocations ? try good + "/ca.crl" : nil)
        }

        static func context(
            _ side: TLSContext.Side, _ credentials: TLSCredentials, withRevocations: Bool = false
        ) throws -> TLSContext {
            try TLSContext(side: side, credentials: credentials, trust: try trust(withRevocations: withRevocations))
        }
    }
#endif
