import Balancing
import Foundation
import Proxy
import TestSupport
import Testing

/// The ids of requests on their way.
@Suite(.timeLimit(.minutes(5))) struct TraceTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func send(_ fields: String, policy: ProxyPolicy = ProxyPolicy(edge: EdgeDuties(scheme: "http"))) throws -> (
        seen: SeenRequest, response: RawResponse
    ) {
        let worker = try ScriptedUpstream { peer in
            try peer.request()
            try peer.answer(fields: "X-Request-Id: the application's\r\n")
        }
        let proxy = try ProxyHarness([worker.worker()], policy: policy)
        let response = try proxy.client().exchange("GET", "/", fields: fields)
        return (try #require(worker.requests.first), response)
    }

    @Test func eachRequestGetsANewID() throws {
        let worker = try ScriptedUpstream()
        let proxy = try ProxyHarness([worker.worker()])
        let client = try proxy.client()
        let responses = try (0..<20).map { _ in try client.exchange("GET", "/", fields: "X-Request-Id: forged\r\n") }
        let ids = worker.requests.map { $0.values(of: "x-request-id") }
        #expect(ids.allSatisfy { $0.count == 1 && $0[0].wholeMatch(of: /[0-9a-f]{32}/) != nil })
        #expect(Set(ids).count == 20)
        #expect(responses.map { $0.fields["x-request-id"] } == ids.map(\.first))
        let parents = worker.requests.map { $0.values(of: "traceparent") }
        #expect(parents.allSatisfy { $0.count == 1 && $0[0].wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-01/) != nil })
        #expect(Set(parents).count == 20)
    }

    @Test(arguments: ["a", "A-z_0.9~+/=:@", String(repeating: "x", count: 128)])
    func aTrustedIDIsKept(_ id: String) throws {
        let policy = ProxyPolicy(edge: EdgeDuties(scheme: "http", trustsRequestID: true))
        let (seen, response) = try send("X-Request-Id: \(id)\r\n", policy: policy)
        #expect(seen.values(of: "x-request-id") == [id])
        #expect(response.fields["x-request-id"] == id)
    }

    @Test(arguments: ["", "a b", "a,b", "a\"b", "\u{e9}", String(repeating: "x", count: 129)])
    func anInvalidIDIsNotTrusted(_ id: String) throws {
        let policy = ProxyPolicy(edge: EdgeDuties(scheme: "http", trustsRequestID: true))
        let (seen, response) = try send("X-Request-Id: \(id)\r\n", policy: policy)
        #expect(seen.values(of: "x-request-id").map(\.count) == [32])
        #expect(response.fields["x-request-id"] == seen.values(of: "x-request-id").first)
    }

    @Test(arguments: [
        (parent, parent),
        (parent.replacingOccurrences(of: "-01", with: "-00"), parent.replacingOccurrences(of: "-01", with: "-00")),
        (parent.replacingOccurrences(of: "00-4", with: "cc-4"), parent),
        (parent.replacingOccurrences(of: "00-4", with: "01-4") + "-more", parent),
    ])
    func aValidTraceIsContinued(_ given: String, _ expected: String) throws {
        let (seen, _) = try send("Traceparent: \(given)\r\nTracestate: a=b\r\ntracestate: c=d\r\n")
        #expect(seen.values(of: "traceparent") == [expected])
        #expect(seen.values(of: "tracestate") == ["a=b", "c=d"])
    }

    @Test(arguments: [
        "", "x", parent.uppercased(), parent + "-more", parent + "0", String(parent.dropLast()),
        parent.replacingOccurrences(of: "00-4", with: "ff-4"), parent.replacingOccurrences(of: "-", with: "_"),
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "\(parent)\r\nTraceparent: \(parent)",
    ])
    func anInvalidTraceIsReplaced(_ given: String) throws {
        let (seen, _) = try send("Traceparent: \(given)\r\nTracestate: a=b\r\n")
        let made = try #require(seen.values(of: "traceparent").first)
        #expect(seen.values(of: "traceparent").count == 1)
        #expect(made != TraceTests.parent && made.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-01/) != nil)
        #expect(seen.values(of: "tracestate") == [])
    }

    @Test func aWorkerPassesOnTheEdgesIDs() throws {
        let (seen, response) = try send(
            "X-Request-Id: of the edge\r\ntraceparent: \(TraceTests.parent)\r\ntracestate: a=b\r\n",
            policy: ProxyPolicy(edge: nil))
        #expect(seen.values(of: "x-request-id") == ["of the edge"])
        #expect(seen.values(of: "traceparent") == [TraceTests.parent])
        #expect(seen.values(of: "tracestate") == ["a=b"])
        #expect(response.fields["x-request-id"] == "the application's")
    }

    @Test func errorsOfTheBalancerHaveAnIDToo() throws {
        let proxy = try ProxyHarness(
            [], policy: ProxyPolicy(edge: EdgeDuties(scheme: "http"), limits: RequestLimits(queueMilliseconds: 10)))
        let response = try proxy.client().exchange("GET", "/")
        #expect(response.status == 503)
        #expect(response.fields["x-request-id"]?.count == 32)
    }
}
