#if TLS
    import Cluster
    import Foundation
    import Sockets
    import Storage
    import Telemetry
    import TestSupport
    import Testing

    @testable import ControlPlane

    /// A certificate that nobody renews is reported once a day, until after its end.
    @Suite struct CertificateReminderTests {
        /// The clock of the test, in days since the certificates were made.
        private final class Days {
            private let start = time(nil)
            var count = 0.0
            var readings = 0

            var nanoseconds: UInt64 {
                readings += 1
                return UInt64(count * 86_400e9)
            }
            var seconds: Int { start + Int(count * 86_400) }
        }

        private func makeCertificates(in folder: borrowing TemporaryFolder) throws -> NodeCertificates {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let tool = Process()
            tool.executableURL = root.appendingPathComponent("certs/make-certs")
            tool.arguments = ["--out", folder.path]
            tool.standardOutput = FileHandle.nullDevice
            try tool.run()
            tool.waitUntilExit()
            #expect(tool.terminationStatus == 0)
            return try NodeCertificates(folder: folder.path, id: #require(NodeID("balancer")), role: .balancer)
        }

        @Test func `The public certificate of 90 days is reported from its last sixth on, once a day`() throws {
            let folder = try TemporaryFolder()
            let certificates = try makeCertificates(in: folder)
            let loop = try EventLoop()
            let log = RecordingLog()
            let days = Days()
            let watch = CertificateWatch(
                loop: loop, disk: try DiskThread(directory: StateDirectory(path: folder.path)),
                files: certificates.files, log: log.makeLogger(), periodMilliseconds: 1,
                now: { days.nanoseconds },
                warnings: { { [seconds = days.seconds] in certificates.warnings(at: seconds) } },
                makeReading: { { () throws(CommandError) in LoopBound {} } })
            var reports: [Double: [String]] = [:]
            for half in 0...190 {
                days.count = Double(half) / 2
                let earlier = log.lines.count
                // Five checks: the first may have read the clock before the change, and the warnings come after a check.
                let readings = days.readings
                while days.readings < readings + 6 { loop.turn(maximumWaitMilliseconds: 100) }
                reports[days.count] = log.lines.dropFirst(earlier).filter {
                    $0.contains("/public.pem, the certificate")
                }
            }
            withExtendedLifetime(watch) {}
            let reported = reports.filter { !$0.value.isEmpty }.keys.sorted()
            #expect(reported == (75...95).map(Double.init), "\(reported)")
            #expect(reports.values.allSatisfy { $0.count <= 1 })
            #expect(reports[76]?.first?.contains("ends in 13 days: run certs/make-certs") == true, "\(reports)")
            #expect(reports[91]?.first?.contains("has expired: run certs/make-certs") == true, "\(reports)")
            #expect(reports[95]?.first?.hasPrefix("warning ") == true)
        }
    }
#endif
