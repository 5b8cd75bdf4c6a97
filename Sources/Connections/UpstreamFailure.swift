package import HTTP
package import Sockets

/// The reason why a request to an upstream did not get its complete response.
package enum UpstreamFailure: Error, CustomStringConvertible {
    /// The name has no address, for this reason.
    case unresolved(NameFailure)
    /// No process listens there.
    case refused
    /// The connection could not be opened for another reason than a refusal.
    case unreachable(SystemError)
    /// The connection, TLS included, was not ready in time.
    case connectTimedOut
    case handshake(TransportError)
    /// The peer is not the expected node.
    case otherNode(PeerIdentity)
    /// The peer has no room for the request now, and has processed nothing of it. This is no failure of the peer.
    case notTaken
    /// The application behind the peer could not be reached.
    case unreached
    /// The connection closed or broke before the first byte of the response.
    case closedBeforeResponse
    /// The connection broke in the middle of the response.
    case closedInResponse
    /// The response is not valid HTTP/1.1.
    case badResponse(HTTPError)
    /// No response, or no progress, in time.
    case timedOut

    /// No server can have received the request: a retry is allowed for any method.
    package var isBeforeRequest: Bool {
        switch self {
        case .unresolved, .refused, .unreachable, .connectTimedOut, .handshake, .otherNode, .notTaken, .unreached: true
        case .closedBeforeResponse, .closedInResponse, .badResponse, .timedOut: false
        }
    }

    /// The connection ended without a response.
    package var isBeforeResponse: Bool {
        if case .closedBeforeResponse = self { return true }
        return false
    }

    package var description: String {
        switch self {
        case .unresolved(let failure): "no address is known for the name: \(failure.text)"
        case .refused: "connection refused"
        case .unreachable(let error): error.message
        case .connectTimedOut: "no connection in time"
        case .handshake(let error): error.description
        case .otherNode(.anonymous): "a peer without a certificate answered"
        case .otherNode(.uri(let uri)): "\(uri) answered"
        case .otherNode(.unusable(let reason)): reason
        case .notTaken: "it took nothing of the request"
        case .unreached: "the application behind it took nothing of the request"
        case .closedBeforeResponse: "the connection ended before an answer"
        case .closedInResponse: "the connection ended in the middle of the answer"
        case .badResponse(let error): "broken answer: \(error.reason)"
        case .timedOut: "no answer in time"
        }
    }
}
