#if TLS
    import Cluster
    import Foundation
    import Telemetry
    import TestSupport
    import Testing

    @testable import ControlPlane
    @testable import Settings

    /// The certificate for the store is watched, reported and read again like the node's own.
    @Suite struct StoreCertificatesTests {
        private let folder: TemporaryFolder
        private let certificates: NodeCertificates
        private var client: String { "\(folder.path)/etcd/store-1/client" }

        init() throws {
            folder = try TemporaryFolder()
            try StoreCertificatesTests.make([], in: folder.path)
            try StoreCertificatesTests.make(["etcd", "store-1"], in: folder.path)
            var problems: [SettingProblem] = []
            let settings = Settings(
                .balancer,
                commandLine: [
                    SettingEntry(name: "coordinator", text: "etcd"),
                    SettingEntry(name: "etcd", text: "https://127.0.0.1:2379"),
                    SettingEntry(name: "etcd-certs", text: "\(folder.path)/etcd/store-1"),
                    SettingEntry(name: "advertise", text: "10.0.0.1"),
                ], &problems)
            #expect(problems.isEmpty, "\(problems)")
            certificates = try NodeCertificates(
                folder: folder.path, id: #require(NodeID("balancer")), role: .balancer,
                store: StoreCertificates(settings.coordinator, clusterFolder: folder.path))
        }

        private static func make(_ arguments: [String], in folder: String) throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let tool = Process()
            tool.executableURL = root.appendingPathComponent("certs/make-certs")
            tool.arguments = arguments + ["--out", folder]
            tool.standardOutput = FileHandle.nullDevice
            try tool.run()
            tool.waitUntilExit()
            #expect(tool.terminationStatus == 0)
        }

        @Test func `Its files are watched, and its end is known`() {
            #expect(Set(certificates.files).isSuperset(of: ["\(client).pem", "\(client).key"]))
            #expect(Set(certificates.files).count == certificates.files.count, "each file once")
            #expect(certificates.expiries.contains { $0.file == "etcd/store-1/client.pem" })
        }

        @Test func `Its last days are reported`() {
            let now = time(nil)
            #expect(!certificates.warnings(at: now).contains { $0.contains("client.pem") })
            let late = certificates.warnings(at: now + 26 * 86_400).filter { $0.contains("client.pem") }
            #expect(late.count == 1 && late[0].contains("ends in") && late[0].contains("certs/make-certs etcd NAME"))
        }

        @Test func `A renewed one is read again, and one that can't be used is refused`() throws {
            let before = try #require(certificates.expiries.first { $0.file.hasSuffix("client.pem") }).seconds
            try StoreCertificatesTests.make(["etcd", "store-1", "--force", "--days", "60"], in: folder.path)
            let fresh = try certificates.readAgain()
            #expect(try #require(fresh.expiries.first { $0.file.hasSuffix("client.pem") }).seconds > before)
            _ = try fresh.makeStoreProvider()
            try "no key\n".write(toFile: "\(client).key", atomically: true, encoding: .utf8)
            do throws(CommandError) {
                _ = try fresh.makeStoreProvider()
                Issue.record("a key that is no key was taken")
            } catch {
                #expect("\(error)".contains("--etcd-certs"))
            }
        }
    }
#endif
