/// The hop at which a request is examined.
enum Hop: Sendable, CaseIterable {
    /// From the balancer to a worker.
    case worker
    /// From a worker to its application.
    case application
}

/// The rules for a request of the proxy, whatever a client sent. They come from the documents and are independent of
/// the proxy's own tables.
extension CanonicalRequest {
    /// The forbidden and missing parts of the request; empty if it is correct.
    func complaints(at hop: Hop) -> [String] {
        var count: [String: Int] = [:]
        for field in fields {
            // Some applications turn field names into variables, so that a dash and an underscore are the same.
            count[field.name.lowercased().replacing("_", with: "-"), default: 0] += 1
        }
        var complaints = ["x-forwarded-for", "x-forwarded-proto", "x-request-id", "traceparent"]
            .filter { count[$0] != 1 }.map { "\(count[$0] ?? 0) of \($0)" }
        if values("x-forwarded-for") != ["127.0.0.1"] { complaints.append("x-forwarded-for of another") }
        if values("x-forwarded-proto") != [TestCertificates.scheme] {
            complaints.append("x-forwarded-proto of another")
        }
        let epochs = hop == .worker ? 1 : 0
        if count["understudy-epoch", default: 0] != epochs { complaints.append("not \(epochs) of understudy-epoch") }
        if hop == .application && count["understudy-length"] != nil { complaints.append("an understudy-length") }
        for name in count.keys.sorted() where !Self.mayStand(name) { complaints.append("\(name) has got through") }
        for value in values("connection") where !["te", "upgrade"].contains(value) {
            complaints.append("Connection: \(value)")
        }
        for trailer in trailers where Self.framing.contains(trailer.name.lowercased()) {
            complaints.append("\(trailer.name) among the trailers")
        }
        return complaints
    }

    private static let framing: Set = ["content-length", "transfer-encoding", "host", "trailer", "te", "connection"]

    private static func mayStand(_ name: String) -> Bool {
        let ours: Set = [
            "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "understudy-epoch", "understudy-length",
        ]
        if ours.contains(name) { return true }
        let dropped: Set = [
            "forwarded", "x-real-ip", "keep-alive", "proxy", "proxy-connection", "proxy-authorization",
            "proxy-authenticate", "http2-settings", "expect", "client-cert", "client-cert-chain", "x-client-cert",
        ]
        let starts = ["x-forwarded-", "understudy-", "x-ssl-client-", "ssl-client-"]
        return !dropped.contains(name) && !starts.contains { name.hasPrefix($0) }
    }
}
