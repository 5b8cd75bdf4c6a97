/// Why a byte stream broke.
public enum TransportError: Error, Sendable, CustomStringConvertible {
    /// The socket failed.
    case system(SystemError)
    /// The peer ended the connection in the middle of a handshake or without saying goodbye.
    case truncated
    /// The peer has looked at nothing that was sent.
    case refused
    /// TLS refused or was refused.
    case secure(SecureFailure, message: String)

    public var description: String {
        switch self {
        case .system(let error): error.description
        case .truncated: "the peer closed the connection without ending it"
        case .refused: "the peer takes no more streams"
        case .secure(_, let message): message
        }
    }
}

/// What went wrong in TLS, as far as somebody has to act on it.
public enum SecureFailure: Sendable {
    /// The peer's certificate is good, but not for the host that was meant.
    case hostMismatch
    /// The peer's certificate is not acceptable here.
    case peerRejected
    /// The peer sent an alert: as a rule it does not accept our certificate.
    case alert
    /// Anything else: no TLS, broken records, no common version.
    case other
}
