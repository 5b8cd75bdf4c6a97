/// How an attempt to have a worker answer a request ended, as far as the retry law cares.
package enum AttemptEnd: Sendable, CaseIterable {
    /// Nobody can have got a byte of the request.
    case neverArrived
    /// The connection ended before an answer: the worker may have begun.
    case brokeOff
    /// The worker hangs, and its probes have ejected it: the worker may have begun.
    case withdrawn
    /// No answer in time, a broken one, or one that broke off: the worker has most likely begun.
    case failed
}

/// Whether a request may be sent once more.
///
/// Two more conditions are the caller's: nothing is retried once a response head has gone downstream, and there is a
/// limit to the number of attempts.
package enum RetryLaw {
    /// A request that is not idempotent (RFC 9110 section 9.2.2) goes elsewhere only if it has reached nobody.
    package static func allows(_ end: AttemptEnd, isIdempotent: Bool) -> Bool {
        switch end {
        case .neverArrived: true
        case .brokeOff, .withdrawn: isIdempotent
        case .failed: false
        }
    }
}
