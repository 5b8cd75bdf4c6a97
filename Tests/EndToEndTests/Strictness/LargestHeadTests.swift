import Foundation
import Testing

extension Defences {
    /// The edge limits the size of heads. A head that it accepts reaches the application, and the response returns.
    @Suite struct LargestHeads {
        /// A request with a Host, `fieldCount` fields in all, and a head of `size` bytes.
        private func request(_ path: String, fieldCount: Int, size: Int) -> Data {
            let start = "GET \(path) HTTP/1.1\r\nHost:a\r\n"
            let names = (0..<fieldCount - 2).map { "f\($0):v\r\n" }.joined()
            let rest = "last:"
            let padding = size - (start + names + rest).utf8.count - 4
            return Data((start + names + rest + String(repeating: "x", count: padding) + "\r\n\r\n").utf8)
        }

        @Test(arguments: [(100, 1500), (10, 16 << 10), (100, 16 << 10)])
        func `The largest head that the edge accepts reaches the application`(fieldCount: Int, size: Int) throws {
            let application = try RecordingApplication()
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            let answer = try cluster.answer(
                to: request("/a", fieldCount: fieldCount, size: size) + TestCluster.lastRequest)
            #expect(answer.statuses == [200, 200], "\(answer)")
            #expect(application.requests.first?.fields.count ?? 0 >= fieldCount)
            let larger = try cluster.answer(to: request("/a", fieldCount: fieldCount, size: max(size, 16 << 10) + 1))
            #expect(larger.statuses == [431], "\(larger)")
            let more = try cluster.answer(to: request("/a", fieldCount: 101, size: 1500))
            #expect(more.statuses == [431], "\(more)")
            #expect(application.violations == [])
        }

        @Test func `A host as long as a head is sent twice`() throws {
            let application = try RecordingApplication()
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            let host = String(repeating: "a", count: 16_000)
            let request = Data("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)
            #expect(try cluster.answer(to: request + TestCluster.lastRequest).statuses == [200, 200])
            #expect(application.requests.first?.values("x-forwarded-host") == [host])
        }

        @Test func `A response with as many fields as a worker accepts reaches the client`() throws {
            let fields = (0..<99).map { "f\($0):v\r\n" }.joined()
            let application = try RecordingApplication { _ in
                .init(bytes: Data("HTTP/1.1 200 OK\r\nContent-Length:2\r\n\(fields)\r\nok".utf8))
            }
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            let response = try cluster.answer(to: TestCluster.lastRequest).responses(to: ["GET"]).first
            #expect(response?.status == 200 && response?.fields.count ?? 0 >= 100, "\(String(describing: response))")
        }
    }
}
