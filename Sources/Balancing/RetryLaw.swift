/// The end of one attempt to send a request to a worker, for the retry law.
package enum AttemptEnd: Sendable, CaseIterable {
    /// No byte of the request can have arrived at a server.
    case neverArrived
    /// The connection ended before a response. The worker may have begun the request.
    case brokeOff
    /// The worker hangs, and its probes have ejected it. The worker may have begun the request.
    case withdrawn
    /// A timeout, a malformed response, or a response that broke off. The worker has probably begun the request.
    case failed
}

/// Decides whether a request may be sent again.
///
/// The caller checks two more conditions: there is no retry after a response head has gone to the client, and the
/// number of attempts is limited.
package enum RetryLaw {
    /// A request that is not idempotent (RFC 9110 section 9.2.2) is retried only if no server has received a byte of
    /// it.
    package static func allows(_ end: AttemptEnd, isIdempotent: Bool) -> Bool {
        switch end {
        case .neverArrived: true
        case .brokeOff, .withdrawn: isIdempotent
        case .failed: false
        }
    }
}
