import Foundation
import Testing

extension EndToEnd {
    /// One request in is one request at the worker, byte for byte what we serialised; what could be read in two ways is not
    /// sent on at all.
    ///
    /// The oracle is an application behind `worker --forward` that reads nothing but our own form of a request.
    @Suite struct Smuggling {
        @Test func `No trick with lengths, codings and chunks makes a second request`() throws {
            try check(SmugglingCase.lengths + SmugglingCase.codings + SmugglingCase.chunkBodies)
        }

        @Test func `No trick with line ends, start lines and hosts makes a second request`() throws {
            try check(SmugglingCase.lineEnds + SmugglingCase.startLines)
        }

        @Test
        func `Forged and nominated fields do not get through, and what looks like a request in a body stays content`()
            throws
        {
            try check(SmugglingCase.fields + SmugglingCase.bodies)
        }

        private func check(_ cases: [SmugglingCase]) throws {
            let application = try RecordingApplication()
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            var served = 0
            for example in cases {
                let name = example.name
                let before = application.requests.count
                switch example.outcome {
                case .refused(let status):
                    let answer = try cluster.answer(to: example.bytes)
                    #expect(answer.statuses == [status], "\(name): \(answer)")
                    #expect(application.requests.count == before, "\(name) reached the application")
                case .served(let lines, let content, let trailers):
                    let answer = try cluster.answer(to: example.bytes + TestCluster.lastRequest)
                    #expect(answer.statuses == [200, 200], "\(name): \(answer)")
                    let requests = application.requests.dropFirst(before)
                    #expect(requests.map(\.target) == [target(in: lines), "/last"], "\(name)")
                    guard let request = requests.first else { continue }
                    #expect(request.lines.first == lines.first, "\(name)")
                    #expect(request.lines.dropFirst().sorted() == (lines.dropFirst() + ours(lines)).sorted(), "\(name)")
                    #expect(String(decoding: request.content, as: UTF8.self) == content, "\(name)")
                    #expect(request.trailers.map { "\($0.name): \($0.value)" } == trailers, "\(name)")
                    served += 2
                }
            }
            #expect(application.violations == [])
            // Of what was refused in the middle of its content a beginning may have been sent on, and nothing else.
            for fragment in application.fragments {
                #expect(!String(decoding: fragment, as: UTF8.self).contains("smuggled"), "\(escaped(fragment))")
            }
            // The worker's own count is the application's.
            let worker = try cluster.waitForStatus("the worker is idle") { $0.inFlight == [0] }.workers[0]
            #expect(worker.requestsTotal >= served && application.requests.count == served, "\(worker)")
        }

        private func target(in lines: [String]) -> String {
            String(lines.first?.split(separator: " ").last ?? "")
        }

        /// What the balancer says of every client.
        private func ours(_ lines: [String]) -> [String] {
            let host = lines.first { $0.hasPrefix("host: ") }?.dropFirst(6) ?? ""
            let of = ["x-forwarded-for: 127.0.0.1", "x-forwarded-proto: \(TestCertificates.scheme)"]
            // Where the client named no host, we say none on its behalf.
            return host == "localhost" ? of : of + ["x-forwarded-host: \(host)"]
        }
    }
}
