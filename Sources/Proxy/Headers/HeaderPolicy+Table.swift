internal import HTTP

extension HeaderPolicy {
    /// Fields that the proxy drops on some hops, and the reason.
    struct Rule: Sendable {
        let fields: [KnownField]
        let hops: [Hop]
        let reason: StaticString

        init(_ fields: [KnownField], on hops: [Hop], _ reason: StaticString) {
            self.fields = fields
            self.hops = hops
            self.reason = reason
        }
    }

    /// A field that the proxy writes on some hops, and the reason. No message gets the field twice: a rule drops the
    /// received field, or the proxy writes the field only if it is missing (`date`, `sec-websocket-key`).
    struct Addition: Sendable {
        let name: StaticString
        let hops: [Hop]
        let reason: StaticString

        init(_ name: StaticString, on hops: [Hop], _ reason: StaticString) {
            self.name = name
            self.hops = hops
            self.reason = reason
        }
    }

    private static let requests: [Hop] = [.edgeToWorker, .workerToHTTP1, .workerToHTTP2]
    private static let http1Requests: [Hop] = [.edgeToWorker, .workerToHTTP1]
    private static let responses: [Hop] = [.workerToEdge, .edgeToClient]
    private static let heads = requests + responses

    /// The fields that a trailer section may carry besides unknown ones.
    private static let trailerFields: Set<KnownField> = [.other, .server, .via]

    // MARK: Dropped fields

    static let rules: [Rule] = [
        // The connection's own fields.
        Rule(
            [.connection, .keepAlive, .proxyConnection, .upgrade, .http2Settings], on: heads,
            "RFC 9110 7.6.1: the field describes one connection"),
        Rule([.te], on: heads, "RFC 9110 10.1.4: the field describes one connection; the proxy writes its own"),
        Rule(
            [.transferEncoding], on: heads,
            "RFC 9112 6.1: the coding belongs to one connection; RFC 9113 8.2.2 forbids the field in HTTP/2"),
        Rule(
            [.proxyAuthenticate, .proxyAuthorization], on: heads,
            "RFC 9110 11.7: the credentials are for a proxy that the client chose"),

        // The message's framing and routing. The proxy writes these fields from the parsed message.
        Rule([.contentLength], on: heads, "RFC 9112 6.3: the proxy writes the length by which it frames the content"),
        Rule([.host], on: requests, "RFC 9112 3.2.2: the proxy writes the authority by which it has routed"),
        Rule([.expect], on: requests, "RFC 9110 10.1.1: the proxy writes the expectation if content follows"),
        Rule([.secWebSocketKey], on: [.workerToHTTP2], "RFC 8441 5: the handshake in HTTP/2 has no key"),

        // Fields that no client may claim.
        Rule([.understudy], on: heads, "only nodes of the cluster say this to each other, hop by hop"),
        Rule([.clientCertificate], on: requests, "RFC 9440 4: the sender may have forged a verified certificate"),
        Rule([.proxy], on: requests, "CVE-2016-5385: CGI turns the field into a setting of the application"),
        Rule(
            [.forwarded, .xForwarded, .xRealIP], on: [.edgeToWorker],
            "RFC 7239 8.1: a client may claim any address; the balancer says what it saw"),
        Rule(
            [.xRequestID, .traceparent], on: [.edgeToWorker],
            "the balancer names the request; `RequestTrace` takes over what it accepts of the client's names"),
        Rule([.tracestate], on: [.edgeToWorker], "Trace Context 3.3: no state without its traceparent; see `copying`"),
        Rule([.xRequestID], on: [.edgeToClient], "the client learns the name under which the balancer logs"),

        // Trailers. The parsers have dropped forbidden fields that have no case in `KnownField` (`TrailerRule`).
        Rule(
            KnownField.allCases.filter { !trailerFields.contains($0) }, on: [.trailers],
            "RFC 9110 6.5.1: the recipient may merge trailers into the head"),
    ]

    // MARK: Added fields

    static let additions: [Addition] = [
        Addition("host", on: http1Requests, "RFC 9112 3.2: HTTP/1.1 needs it; HTTP/2 has `:authority` instead"),
        Addition("content-length", on: heads, "RFC 9112 6.2: the length of counted content"),
        Addition("transfer-encoding", on: heads.filter { $0 != .workerToHTTP2 }, "RFC 9112 6.1: content in chunks"),
        Addition("expect", on: requests, "RFC 9110 10.1.1: the client waits for a 100 before it sends the content"),
        Addition("te", on: requests, "RFC 9110 10.1.4: the proxy forwards trailers; gRPC servers insist on the field"),
        Addition("connection", on: http1Requests, "RFC 9110 7.6.1: names te, or upgrade for WebSocket"),
        Addition("upgrade", on: http1Requests, "RFC 6455 4.1: the request asks for WebSocket"),
        Addition("sec-websocket-key", on: http1Requests, "RFC 8441 5: a client of HTTP/2 has sent none"),
        Addition("x-forwarded-for", on: [.edgeToWorker], "the client's address"),
        Addition("x-forwarded-proto", on: [.edgeToWorker], "the scheme that the client used"),
        Addition("x-forwarded-host", on: [.edgeToWorker], "the authority that the client asked for"),
        Addition("x-request-id", on: [.edgeToWorker, .edgeToClient], "the name of the request in every log"),
        Addition("traceparent", on: [.edgeToWorker], "Trace Context 3.2: the request's place in a trace"),
        Addition(
            "understudy-length", on: [.edgeToWorker, .workerToEdge],
            "RFC 9113 8.1: counted content may have trailers; between nodes it goes in chunks"),
        Addition("understudy-epoch", on: [.edgeToWorker], "workers refuse the requests of an earlier reign"),
        Addition("upgrade", on: responses, "RFC 9110 15.5.22: a 426 names the protocols that the server requires"),
        Addition("connection", on: responses, "RFC 9110 7.8: names upgrade in a 426"),
        Addition("date", on: responses, "RFC 9110 6.6.1: a recipient with a clock adds a missing date"),
        Addition("set-cookie", on: [.edgeToClient], "session affinity: the client returns to the same worker"),
    ]
}
