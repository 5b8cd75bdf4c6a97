package import Logging
package import Sockets

/// Logs the peers that a port refuses in their handshakes.
extension Logger {
    /// Hidden metadata that limits a line to one in each window (`LineLimiter`): its subject.
    static let saidOnceKey = "#once"

    /// - Parameters:
    ///   - peer: the peer's address.
    ///   - place: completes "a peer was refused", such as " at the cluster port".
    package func reportRefused(_ error: TransportError, from peer: String, at place: String = "") {
        var metadata: Logger.Metadata = ["peer": "\(peer)"]
        // A peer that only connects and closes, such as a port check, is not worth a warning.
        var level = Logger.Level.warning
        switch error {
        case .truncated: level = .debug
        // Its owner tries again without end, perhaps from many ports and addresses. The message names the certificate.
        case .secure(.lapsed, let message): metadata[Logger.saidOnceKey] = "\(message)"
        default: break
        }
        log(level: level, "a peer was refused\(place): \(error)", metadata: metadata)
    }
}
