package import Sockets

/// The completed TLS handshakes of one loop, by version and by kind. Any thread may read them.
package final class HandshakeCounters: Sendable {
    private static let versions = NegotiatedTLS.Version.allCases

    /// For each version the full handshakes, then the resumed ones.
    private let counters = HandshakeCounters.versions.flatMap { _ in [Counter(), Counter()] }

    init() {}

    /// Only the owning loop calls this.
    ///
    /// - Parameter tls: nil, which counts nothing, for a transport without TLS.
    func count(_ tls: NegotiatedTLS?) {
        if let tls { counter(of: tls).add(1) }
    }

    package func current(_ tls: NegotiatedTLS) -> UInt64 { counter(of: tls).current }

    /// All handshakes.
    package var current: UInt64 { counters.reduce(0) { $0 &+ $1.current } }

    private func counter(of tls: NegotiatedTLS) -> Counter {
        let row = HandshakeCounters.versions.firstIndex(of: tls.version) ?? 0
        return counters[2 * row + (tls.isResumed ? 1 : 0)]
    }
}
