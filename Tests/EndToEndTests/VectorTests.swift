import Foundation
import Testing

extension EndToEnd {
    /// Other projects' case tables, sent byte for byte to the running balancer in front of an application that takes everything.
    @Suite struct Vectors {
        private static let folder =
            ProcessInfo.processInfo.environment["UNDERSTUDY_VECTORS"] ?? "\(Files.packageRoot)/../shared/vectors"

        private static func cases(_ kind: String) -> [String] {
            let place = "\(folder)/gunicorn/\(kind)"
            return ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted().map {
                "\(place)/\($0)"
            }
        }

        @Test(.enabled(if: !cases("reject").isEmpty, "the folder with other projects' case tables is not there"))
        func `What others refuse is refused, and what they take is taken`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            for path in Vectors.cases("accept") {
                let answer = try cluster.answer(to: Files.bytes(path) + Data("\r\n".utf8) + TestCluster.lastRequest)
                let statuses = answer.statuses
                // The case with a second request without Host is refused there, after a good first one.
                #expect(statuses.first == 200, "\(path): \(answer)")
            }
            for path in Vectors.cases("reject") {
                let answer = try cluster.answer(to: Files.bytes(path))
                let statuses = answer.statuses
                #expect(statuses.isEmpty || statuses.contains { $0 >= 400 }, "\(path): \(answer)")
                // Nothing that is refused may have been taken for a good request as well.
                #expect(statuses.first.map { $0 >= 400 } ?? true, "\(path): \(answer)")
            }
        }
    }
}
