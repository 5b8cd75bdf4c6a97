import HTTP
import Telemetry
import Testing

@testable import Proxy

/// The table of header fields, row by row.
@Suite struct HeaderPolicyTests {
    /// For each field: what the proxy does with it on each hop, in the order of `HeaderPolicy.Hop`. `=` copies, `-` drops.
    private static let expected: [(field: KnownField, hops: String)] = [
        // Columns: edge to worker, worker to HTTP/1.1, worker to HTTP/2, worker to edge, edge to client, trailers.
        (.other, "======"), (.server, "======"), (.via, "======"),
        (.date, "=====-"), (.cookie, "=====-"), (.contentType, "=====-"), (.retryAfter, "=====-"),
        (.trailer, "=====-"),
        (.connection, "------"), (.keepAlive, "------"), (.proxyConnection, "------"), (.upgrade, "------"),
        (.http2Settings, "------"), (.te, "------"), (.transferEncoding, "------"), (.proxyAuthenticate, "------"),
        (.proxyAuthorization, "------"), (.contentLength, "------"), (.understudy, "------"),
        (.host, "---==-"), (.expect, "---==-"), (.clientCertificate, "---==-"), (.proxy, "---==-"),
        (.forwarded, "-====-"), (.xForwarded, "-====-"), (.xRealIP, "-====-"),
        (.traceparent, "-====-"), (.tracestate, "-====-"), (.xRequestID, "-===--"),
        (.secWebSocketKey, "==-==-"),
    ]

    private func field(_ known: KnownField, isHopByHop: Bool = false) -> Field {
        Field(name: ByteRange(), value: ByteRange(), known: known, isHopByHop: isHopByHop)
    }

    @Test func `Every known field has its treatment on every hop`() {
        for (known, hops) in HeaderPolicyTests.expected {
            for (hop, mark) in zip(HeaderPolicy.Hop.allCases, hops) {
                #expect(HeaderPolicy(hop).copies(field(known)) == (mark == "="), "\(known) on \(hop)")
            }
        }
        #expect(Set(HeaderPolicyTests.expected.map(\.field)) == Set(KnownField.allCases))
    }

    @Test(arguments: HeaderPolicy.Hop.allCases)
    func `A field that Connection nominates never passes`(hop: HeaderPolicy.Hop) {
        for known in KnownField.allCases {
            #expect(!HeaderPolicy(hop).copies(field(known, isHopByHop: true)), "\(known)")
        }
    }

    @Test(arguments: HeaderPolicy.Hop.allCases) func `One rule decides about one field`(hop: HeaderPolicy.Hop) {
        for known in KnownField.allCases {
            let rules = HeaderPolicy.rules.filter { $0.hops.contains(hop) && $0.fields.contains(known) }
            #expect(rules.count <= 1, "\(known): \(rules.map(\.reason))")
        }
        for rule in HeaderPolicy.rules { #expect(rule.reason.utf8CodeUnitCount > 0 && !rule.hops.isEmpty) }
    }

    @Test func `A continued trace keeps its state`() {
        let policy = HeaderPolicy.edgeToWorker.copying(.tracestate)
        #expect(policy.copies(field(.tracestate)) && !policy.copies(field(.traceparent)))
    }

    // MARK: Added fields

    /// The head that the proxy writes for a hop over HTTP/1.1, from a request that makes it add every field it can.
    ///
    /// - Parameter mayHaveTrailers: the request came over HTTP/2.
    private func written(
        for hop: HeaderPolicy.Hop, _ request: String, mayHaveTrailers: Bool
    ) throws -> String {
        var random = RandomNumbers(seed: 1)
        var parser = RequestParser(limits: .standard)
        var head = RequestHead()
        let isEdge = hop == .edgeToWorker
        var output = ByteBuffer()
        try Array(request.utf8).withUnsafeBufferPointer { bytes in
            guard case .complete = parser.parse(bytes, into: &head) else { throw Unparsed() }
            head.mayHaveTrailers = mayHaveTrailers
            var trace = RequestTrace()
            if isEdge { trace.begin(head, bytes, trusts: false, random: &random) }
            RequestRewriter.append(
                head, bytes, policy: HeaderPolicy(hop),
                edge: isEdge ? RequestRewriter.EdgeFields(peerHost: "192.0.2.1", scheme: "https") : nil,
                upgrade: UpgradeRequest(head, bytes), trace: trace, epoch: isEdge ? 7 : 0, to: &output)
        }
        return String(decoding: output.readable, as: UTF8.self)
    }

    private struct Unparsed: Error {}

    private static let requests = [
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTE: trailers\r\nConnection: te\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    ]

    @Test(arguments: [HeaderPolicy.Hop.edgeToWorker, .workerToHTTP1])
    func `The proxy adds the fields of the table and no others`(hop: HeaderPolicy.Hop) throws {
        var added: Set<String> = []
        for request in HeaderPolicyTests.requests {
            for mayHaveTrailers in [false, true] {
                let head = try written(for: hop, request, mayHaveTrailers: mayHaveTrailers)
                for line in head.split(separator: "\r\n").dropFirst() {
                    added.insert(String(line.prefix { $0 != ":" }).lowercased())
                }
            }
        }
        // A field that the client of HTTP/1.1 has sent and that passes.
        added.remove("sec-websocket-version")
        let listed = HeaderPolicy.additions.filter { $0.hops.contains(hop) }.map { "\($0.name)" }
        #expect(added == Set(listed))
    }
}
