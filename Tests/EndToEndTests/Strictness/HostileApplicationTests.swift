import Foundation
import Testing

extension Defences {
    /// Whatever an application sends, a client gets one response to each request, and the next request gets its own.
    @Suite struct HostileApplications {
        @Test
        func `A response head that could be read in two ways is a 502, and the next request gets its own response`()
            throws
        {
            try check(HostileResponse.heads)
        }

        @Test func `Malformed content breaks off, and bytes behind a response reach no client`() throws {
            try check(HostileResponse.contents)
        }

        private func check(_ cases: [HostileResponse]) throws {
            let application = try RecordingApplication { request in
                guard let index = Int(request.target.dropFirst()) else { return RecordingApplication.ok() }
                return .init(bytes: cases[index].bytes, closes: cases[index].closes)
            }
            defer { application.stop() }
            let cluster = try TestCluster(
                workers: 1, workerArguments: ["--forward", "http://127.0.0.1:\(application.port)"])
            defer { cluster.tearDown() }
            let before = try cluster.status()
            for (index, example) in cases.enumerated() {
                let name = example.name
                let request = Data("\(example.method) /\(index) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                let answer = try cluster.answer(to: request + TestCluster.lastRequest)
                #expect(!answer.text.contains("smuggled") && !answer.text.contains("evil"), "\(name): \(answer)")
                let responses = answer.responses(to: [example.method, "GET"])
                guard let first = responses.first else {
                    Issue.record("\(name): no answer")
                    continue
                }
                switch example.outcome {
                case .refused: #expect(first.status == 502 && first.isWhole, "\(name): \(answer)")
                case .broken(let content):
                    // If the fault is found before the first byte left, the client still gets a 502.
                    if first.status == 502 && first.isWhole { break }
                    #expect(first.status == 200 && !first.isWhole, "\(name): \(answer)")
                    #expect(content.hasPrefix(first.content) && responses.count == 1, "\(name): \(answer)")
                    continue
                case .passed(let status, let content):
                    #expect(first.status == status && first.content == content && first.isWhole, "\(name): \(answer)")
                }
                for field in ["understudy-fenced", "x-secret", "keep-alive", "upgrade", "proxy-authenticate"] {
                    #expect(first.values(field) == [], "\(name): \(answer)")
                }
                // The next request uses the same connection and the same pools.
                let next = responses.dropFirst().first
                #expect(next?.status == 200 && next?.content == "ok\r\n" && next?.isWhole == true, "\(name): \(answer)")
            }
            #expect(application.violations == [])
            // The reign has not changed.
            let after = try cluster.status()
            #expect(after.pid == before.pid && after.epoch == before.epoch && after.readyCount == 1)
        }
    }
}
