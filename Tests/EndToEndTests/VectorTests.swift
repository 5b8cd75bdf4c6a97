import Foundation
import Testing

extension EndToEnd {
    /// Test tables of other projects, sent byte for byte to the running balancer. Behind it is a recording worker, or
    /// an application that accepts only the proxy's own form.
    @Suite struct Vectors {
        private static let folder =
            ProcessInfo.processInfo.environment["UNDERSTUDY_VECTORS"] ?? "\(Files.packageRoot)/../shared/vectors"

        private static func cases(_ kind: String) -> [String] {
            let place = "\(folder)/gunicorn/\(kind)"
            return ((try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []).sorted().map {
                "\(place)/\($0)"
            }
        }

        @Test(
            .enabled(if: !cases("reject").isEmpty, "the folder with other projects' case tables is not there"),
            arguments: Hop.allCases)
        func `Requests that other projects reject are rejected, and those that they accept are accepted`(hop: Hop)
            throws
        {
            let recorded = try RecordedCluster(hop)
            defer { recorded.tearDown() }
            let (cluster, application) = (recorded.cluster, recorded.application)
            for path in Vectors.cases("accept") {
                let before = application.requests.count
                let answer = try cluster.answer(to: Files.bytes(path) + Data("\r\n".utf8) + TestCluster.lastRequest)
                let statuses = answer.statuses
                // The case with a second request without Host is rejected there, after a valid first one.
                #expect(statuses.first == 200, "\(path): \(answer)")
                let taken = application.requests.count - before
                #expect(taken == statuses.count { $0 == 200 }, "\(path) became \(taken) requests: \(answer)")
            }
            let before = application.requests.count
            for path in Vectors.cases("reject") {
                let answer = try cluster.answer(to: Files.bytes(path))
                let statuses = answer.statuses
                #expect(statuses.isEmpty || statuses.contains { $0 >= 400 }, "\(path): \(answer)")
                // No rejected request may also have been served.
                #expect(statuses.first.map { $0 >= 400 } ?? true, "\(path): \(answer)")
                #expect(application.requests.count == before, "\(path) reached the worker")
            }
            #expect(application.violations == [])
        }
    }
}
