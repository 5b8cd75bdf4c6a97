import Foundation
import TestSupport
import Testing

extension Defences {
    /// One HTTP/2 request is one request at the worker. HTTP/2 heads are lists of pairs with any bytes, and a frame
    /// marks the end of content. The balancer does not write a request that is not one HTTP/1.1 request.
    ///
    /// All cases of a group share a connection, each on a stream of its own. A rejected case does not end the
    /// connection.
    @Suite struct HTTP2Smuggling {
        @Test(arguments: Hop.allCases) func `No pseudo-field and no field makes a second request`(hop: Hop) throws {
            let fields = HTTP2SmugglingCase.names + HTTP2SmugglingCase.values + [HTTP2SmugglingCase.pieces]
            try check([HTTP2SmugglingCase.pseudoFields, fields, HTTP2SmugglingCase.otherHops], at: hop)
        }

        @Test(arguments: Hop.allCases) func `No content, trailers or tunnel make a second request`(hop: Hop) throws {
            try check([HTTP2SmugglingCase.lengths, HTTP2SmugglingCase.trailers, HTTP2SmugglingCase.tunnels], at: hop)
        }

        /// Bytes for a requested tunnel do not reach an application that answers as if it were a plain request.
        @Test(arguments: Hop.allCases) func `A refused tunnel carries no bytes`(hop: Hop) throws {
            let recorded = try RecordedCluster(hop)
            defer { recorded.tearDown() }
            let block = HTTP2SmugglingCase.extended("websocket", [("sec-websocket-version", "13")])
            let answers = try recorded.cluster.answers(to: [
                .headers(1, block, isEnd: false), .data(1, Array("GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n".utf8)),
                .headers(3, HTTP2SmugglingCase.head("GET", "/last")), HTTP2Smuggling.end,
            ])
            #expect(!(200..<300).contains(answers[1].status) && answers[3].status == 200, "\(answers) \(answers[1])")
            let requests = recorded.application.requests
            #expect(requests.map(\.target).sorted() == ["/case", "/last"])
            #expect(requests.allSatisfy { $0.method == "GET" && $0.content.isEmpty })
            #expect(recorded.application.violations == [])
            #expect(recorded.application.fragments == [])
        }

        private static let end = HTTP2Frame(HTTP2Frame.Kind.goAway, [UInt8](repeating: 0, count: 8))

        /// Checks each group over one connection.
        private func check(_ groups: [[HTTP2SmugglingCase]], at hop: Hop) throws {
            let recorded = try RecordedCluster(hop)
            defer { recorded.tearDown() }
            for cases in groups { try check(cases, at: hop, recorded) }
            #expect(recorded.application.violations == [])
            check(recorded.application.fragments)
            try recorded.cluster.waitForStatus("the worker is idle") { $0.inFlight == [0] }
        }

        private func check(_ cases: [HTTP2SmugglingCase], at hop: Hop, _ recorded: RecordedCluster) throws {
            let application = recorded.application
            let before = application.requests.count
            let numbered = cases.enumerated().map { (number: $0, stream: UInt32($0 * 2 + 1), example: $1) }
            var frames = numbered.flatMap { $0.example.frames(on: $0.stream, number: $0.number) }
            let last = UInt32(cases.count * 2 + 1)
            frames += [.headers(last, HTTP2SmugglingCase.head("GET", "/last")), HTTP2Smuggling.end]
            let answers = try recorded.cluster.answers(to: frames)
            #expect(answers.goAwayCode ?? 0 == 0, "\(answers)")
            #expect(answers[last].status == 200 && answers[last].isWhole, "\(answers)")

            var requests = Array(application.requests.dropFirst(before))
            /// Removes and returns the received request with this start line.
            func request(_ line: String) -> CanonicalRequest? {
                requests.firstIndex { "\($0.method) \($0.target)" == line }.map { requests.remove(at: $0) }
            }
            request("GET /last")?.check(isMadeOf: ["GET /last", "host: a"], at: hop, "the last one")
            for (number, stream, example) in numbered {
                let (name, answer) = (example.name, answers[stream])
                switch example.outcome {
                case .reset:
                    #expect(answer.resetCode == 1 && answer.status == 0, "\(name): \(answer)")
                case .refused(let status):
                    #expect(answer.status == status, "\(name): \(answer)")
                case .served(var lines, let content, var trailers):
                    if example.hasCountedContent {
                        // A worker gets such content in chunks, an application of HTTP/1.1 gets the length.
                        if hop == .worker { lines = HTTP2Smuggling.inChunks(lines) } else { trailers = [] }
                    }
                    #expect(answer.status == 200 && answer.isWhole, "\(name): \(answer)")
                    lines[0] = lines[0].hasSuffix(" " + HTTP2SmugglingCase.path) ? "\(lines[0])/\(number)" : lines[0]
                    guard let request = request(lines[0]) else {
                        Issue.record("\(name) did not come")
                        continue
                    }
                    request.check(isMadeOf: lines, at: hop, name)
                    #expect(String(decoding: request.content, as: UTF8.self) == content, "\(name)")
                    #expect(request.trailers.map { "\($0.name): \($0.value)" } == trailers, "\(name)")
                }
            }
            #expect(requests.map { escaped($0.head) } == [], "nobody asked for these")
        }

        private static func inChunks(_ lines: [String]) -> [String] {
            lines.flatMap { line in
                line.hasPrefix("content-length: ")
                    ? ["transfer-encoding: chunked", "understudy-" + line.dropFirst("content-".count)] : [line]
            }
        }

        /// If a request was reset in the middle of its content, a part of it may have been sent on, and nothing else.
        private func check(_ fragments: [Data]) {
            for fragment in fragments {
                guard case .incomplete = CanonicalRequest.read(from: fragment) else {
                    Issue.record("no beginning: \(escaped(fragment))")
                    continue
                }
                let text = String(decoding: fragment, as: UTF8.self)
                #expect(!text.contains("x-smuggled") && !text.hasPrefix("GET /smuggled"), "\(escaped(fragment))")
            }
        }

        @Test func `Frames in a wrong order reach no worker`() throws {
            let recorded = try RecordedCluster(.worker)
            defer { recorded.tearDown() }
            let good = HTTP2Frame.headers(1, HTTP2SmugglingCase.head("GET", "/good"))
            for (name, frames) in HTTP2SmugglingCase.disorder {
                let answers = try recorded.cluster.answers(to: [good] + frames + [HTTP2Smuggling.end])
                #expect(answers.goAwayCode ?? 0 > 0, "\(name): \(answers)")
            }
            for (name, frames) in HTTP2SmugglingCase.ignored {
                let answers = try recorded.cluster.answers(to: [good] + frames + [HTTP2Smuggling.end])
                #expect(answers.goAwayCode ?? 0 == 0 && answers[1].status == 200, "\(name): \(answers)")
            }
            #expect(recorded.application.requests.allSatisfy { ["/good", "/x"].contains($0.target) })
            #expect(recorded.application.violations == [])
            check(recorded.application.fragments)
        }
    }
}
