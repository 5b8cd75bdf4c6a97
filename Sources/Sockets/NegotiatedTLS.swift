/// The result of a completed TLS handshake, for metrics and the access log.
public struct NegotiatedTLS: Sendable, Equatable {
    public enum Version: String, Sendable, CaseIterable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    public let version: Version
    /// The client continued an earlier session (RFC 8446, 2.2), so the handshake had no certificate.
    public let isResumed: Bool

    public init(version: Version, isResumed: Bool) {
        self.version = version
        self.isResumed = isResumed
    }
}
