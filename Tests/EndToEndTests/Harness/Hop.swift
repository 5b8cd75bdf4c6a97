/// Between whom a request is looked at.
enum Hop: Sendable, CaseIterable {
    /// What the balancer writes to a worker.
    case worker
    /// What a worker writes to the application behind it.
    case application
}

/// What may stand in a request of ours and what may not, whatever a client sent: told from the documents, apart from the
/// proxy's own tables.
extension CanonicalRequest {
    /// What should not be there, or is missing; empty when all is well.
    func complaints(at hop: Hop) -> [String] {
        var count: [String: Int] = [:]
        for field in fields {
            // Applications that make variables of names see no difference between a dash and an underscore.
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
        let ours: Set = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "understudy-epoch"]
        if ours.contains(name) { return true }
        let dropped: Set = [
            "forwarded", "x-real-ip", "keep-alive", "proxy", "proxy-connection", "proxy-authorization",
            "proxy-authenticate", "http2-settings", "expect", "client-cert", "client-cert-chain", "x-client-cert",
        ]
        let starts = ["x-forwarded-", "understudy-", "x-ssl-client-", "ssl-client-"]
        return !dropped.contains(name) && !starts.contains { name.hasPrefix($0) }
    }
}
