package import HTTP
package import Sockets

/// Why a request to an upstream did not get its whole response.
package enum UpstreamFailure: Error, CustomStringConvertible {
    /// Nobody listens there.
    case refused
    /// The connection could not be made, for another reason than a refusal.
    case unreachable(SystemError)
    /// The connection, TLS included, did not stand in time.
    case connectTimedOut
    case handshake(TransportError)
    /// Somebody answered who is not the node that was meant.
    case otherNode(PeerIdentity)
    /// The peer is there and takes no more requests; it has looked at nothing of this one.
    case notTaken
    /// The connection ended or broke before the first byte of the response.
    case closedBeforeResponse
    /// It broke in the middle of the response.
    case closedInResponse
    /// What came is not HTTP/1.1 as it has to be.
    case badResponse(HTTPError)
    /// No answer, or no progress, in time.
    case timedOut

    /// Whether the request can't have reached anybody: any method may go elsewhere.
    package var isBeforeRequest: Bool {
        switch self {
        case .refused, .unreachable, .connectTimedOut, .handshake, .otherNode, .notTaken: true
        case .closedBeforeResponse, .closedInResponse, .badResponse, .timedOut: false
        }
    }

    /// Whether the connection just ended without an answer.
    package var isBeforeResponse: Bool {
        if case .closedBeforeResponse = self { return true }
        return false
    }

    package var description: String {
        switch self {
        case .refused: "connection refused"
        case .unreachable(let error): error.message
        case .connectTimedOut: "no connection in time"
        case .handshake(let error): error.description
        case .otherNode(.anonymous): "a peer without a certificate answered"
        case .otherNode(.uri(let uri)): "\(uri) answered"
        case .otherNode(.unusable(let reason)): reason
        case .notTaken: "it took nothing of the request"
        case .closedBeforeResponse: "the connection ended before an answer"
        case .closedInResponse: "the connection ended in the middle of the answer"
        case .badResponse(let error): "broken answer: \(error.reason)"
        case .timedOut: "no answer in time"
        }
    }
}
