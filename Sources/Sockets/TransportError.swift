/// The reason why a byte stream broke.
public enum TransportError: Error, Sendable, CustomStringConvertible {
    /// The socket failed.
    case system(SystemError)
    /// The peer closed the connection during a handshake or without a proper end.
    case truncated
    /// The peer has processed none of the sent bytes.
    case refused
    /// A TLS failure on either side.
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

/// A TLS failure, by the action that it requires.
public enum SecureFailure: Sendable {
    /// The peer's certificate is valid, but not for the expected host.
    case hostMismatch
    /// The peer's certificate is not acceptable here.
    case peerRejected
    /// The peer's certificate is revoked, or the present time is outside of its dates. The message names it.
    case lapsed
    /// The peer sent an alert. Usually it does not accept this side's certificate.
    case alert
    /// Any other failure: no TLS, malformed records, no common version.
    case other
}
