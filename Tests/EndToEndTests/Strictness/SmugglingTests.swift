import Foundation
import Testing

extension Defences {
    /// One request is one request at the worker and at the application, byte for byte in the proxy's own form. Every
    /// case goes to a balancer before a recording worker, and to one before `worker --forward`.
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
        func `Forged and nominated fields are dropped, and bytes of a body that look like a request stay content`(
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
                    requests[0].check(isMadeOf: lines, at: hop, name)
                    requests[1].check(isMadeOf: ["GET /last", "host: a"], at: hop, "what follows \(name)")
                    #expect(String(decoding: requests[0].content, as: UTF8.self) == content, "\(name)")
                    #expect(requests[0].trailers.map { "\($0.name): \($0.value)" } == trailers, "\(name)")
                    served += 2
                }
            }
            #expect(application.violations == [])
            // If a request was rejected in the middle of its content, a part of it may have been sent on, and nothing
            // else.
            for fragment in application.fragments {
                #expect(!String(decoding: fragment, as: UTF8.self).contains("smuggled"), "\(escaped(fragment))")
            }
            // The worker and the application count the same requests.
            let worker = try cluster.waitForStatus("the worker is idle") { $0.inFlight == [0] }.workers[0]
            #expect(worker.requestsTotal >= served && application.requests.count == served, "\(worker)")
        }
    }
}
