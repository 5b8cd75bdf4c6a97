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

        /// Everything that the balancer answers to the bytes.
        private func answer(_ cluster: TestCluster, to bytes: Data) throws -> String {
            #if TLS
                // s_client ends its side when its input ends; the balancer answers what it has by then.
                let result = try Command.run(
                    "openssl", ["s_client", "-connect", "127.0.0.1:\(cluster.publicPort)", "-quiet", "-ign_eof"],
                    input: bytes, seconds: 10)
                guard result.status != nil else { throw HarnessError("the connection stays open: \(result.text)") }
                return String(decoding: result.output, as: UTF8.self)
            #else
                let socket = try PlainSocket(port: cluster.publicPort, patienceSeconds: 3)
                socket.send(bytes)
                socket.finishSending()
                return String(decoding: socket.receiveAll(), as: UTF8.self)
            #endif
        }

        private func statuses(_ answer: String) -> [Int] {
            answer.split(separator: "\r\n").filter { $0.hasPrefix("HTTP/1.1 ") }.compactMap {
                Int($0.dropFirst(9).prefix(3))
            }
        }

        /// A request that makes the balancer end the connection, so that nobody waits for an idle one.
        private static let last = Data("\r\nGET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".utf8)

        @Test(.enabled(if: !cases("reject").isEmpty, "the folder with other projects' case tables is not there"))
        func `What others refuse is refused, and what they take is taken`() throws {
            let application = try Application()
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            for path in Vectors.cases("accept") {
                let answer = try answer(cluster, to: Files.bytes(path) + Vectors.last)
                let statuses = statuses(answer)
                // The case with a second request without Host is refused there, after a good first one.
                #expect(statuses.first == 200, "\(path): \(answer)")
            }
            for path in Vectors.cases("reject") {
                let answer = try answer(cluster, to: Files.bytes(path))
                let statuses = statuses(answer)
                #expect(statuses.isEmpty || statuses.contains { $0 >= 400 }, "\(path): \(answer)")
                // Nothing that is refused may have been taken for a good request as well.
                #expect(statuses.first.map { $0 >= 400 } ?? true, "\(path): \(answer)")
            }
        }
    }
}
