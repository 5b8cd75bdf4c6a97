internal import Connections

/// The reason for which the proxy sends a request again, to another worker or to the same one. It is a label of
/// `understudy_retries_total`.
package enum RetryReason: String, Sendable, CaseIterable {
    /// There was no connection to the worker.
    case connect
    /// The worker, or the application behind it, took nothing of the request.
    case notTaken = "not_taken"
    /// The worker had closed a kept connection.
    case staleConnection = "stale_connection"
    /// The connection ended before a response.
    case closed
    /// No response or no progress came in time.
    case timeout
    /// The response was malformed, or broke off.
    case badResponse = "bad_response"
    /// Probes ejected the worker while it had the request.
    case ejected
    /// The worker has met a later reign.
    case fenced

    /// The reason for a retry after a failed attempt.
    init(_ failure: UpstreamFailure) {
        self =
            switch failure {
            case .unresolved, .refused, .unreachable, .connectTimedOut, .handshake, .otherNode: .connect
            case .notTaken, .unreached: .notTaken
            case .closedBeforeResponse: .closed
            case .timedOut: .timeout
            case .closedInResponse, .badResponse: .badResponse
            }
    }
}
