import Foundation
import Testing

extension EndToEnd {
    /// One request in is one request at the worker, and one at the application behind it, byte for byte in our own form:
    /// every case is sent to a balancer before a recording worker, and to one before `worker --forward`.
    @Suite struct Smuggling {
        @Test(arguments: Hop.allCases)
        func `No trick with lengths, codings and chunks makes a second request`(hop: Hop) throws {
            try check(SmugglingCase.lengths + SmugglingCase.codings + SmugglingCase.chunkBodies, at: hop)
        }

        @Test(arguments: Hop.allCases)
        func `No trick with line ends, start lines and hosts makes a second request`(hop: Hop) throws {
            try check(SmugglingCase.lineEnds + SmugglingCase.startLines, at: hop)
        }

        @Test(arguments: Hop.allCases)
        func `Forged and nominated fields do not get through, and what looks like a request in a body stays content`(
            hop: Hop
        ) throws {
            try check(SmugglingCase.fields + SmugglingCase.bodies, at: hop)
        }

        private func check(_ cases: [SmugglingCase], at hop: Hop) throws {
            let recorded = try RecordedCluster(hop)
            defer { recorded.tearDown() }
            let (cluster, application) = (recorded.cluster, recorded.application)
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
                    let requests = Array(application.requests.dropFirst(before))
                    guard requests.count == 2 else {
                        Issue.record("\(name) became \(requests.map(\.target))")
                        continue
                    }
                    check(requests[0], is: lines, at: hop, name)
                    check(requests[1], is: ["GET /last", "host: a"], at: hop, "what follows \(name)")
                    #expect(String(decoding: requests[0].content, as: UTF8.self) == content, "\(name)")
                    #expect(requests[0].trailers.map { "\($0.name): \($0.value)" } == trailers, "\(name)")
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

        /// The head is made of these lines and of what the balancer says of every client.
        private func check(_ request: CanonicalRequest, is lines: [String], at hop: Hop, _ name: String) {
            let expected = lines + ours(lines)
            switch hop {
            case .application:
                // The worker has put the lines in another order.
                #expect(request.lines.first == expected.first, "\(name)")
                #expect(request.lines.dropFirst().sorted() == expected.dropFirst().sorted(), "\(name)")
            case .worker:
                let start = "\(expected[0]) HTTP/1.1\r\n" + expected.dropFirst().map { "\($0)\r\n" }.joined()
                let head = String(decoding: request.head, as: UTF8.self)
                #expect(head.hasPrefix(start), "\(name): \(escaped(request.head))")
                let end = try? #/x-request-id: [0-9a-f]{32}\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-01\r\n/#
                    .prefixMatch(in: head.dropFirst(start.count))?.output
                #expect(end.map { head == start + $0 + "understudy-epoch: 1\r\n\r\n" } == true, "\(name): \(head)")
            }
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
