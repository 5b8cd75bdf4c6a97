internal import HTTP

/// The duties of a proxy only at the edge of the cluster, in the balancer: there the client is a stranger, and the upstreams
/// are workers.
package struct EdgeDuties: Sendable {
    /// `https` or `http`: what the client speaks to the balancer.
    package let scheme: StaticString
    /// True if a valid X-Request-ID of the client becomes the name of the request.
    package var trustsRequestID: Bool

    package init(scheme: StaticString, trustsRequestID: Bool = false) {
        self.scheme = scheme
        self.trustsRequestID = trustsRequestID
    }

    /// True if clients use TLS.
    var isSecure: Bool { scheme.description == "https" }

    /// The form in which a worker says that a request has no response.
    enum Refusal {
        /// The application took nothing of the request, or ended its connection before a response.
        case fault(FaultField)
        /// The worker has met a later reign.
        case fenced(FencedField)
    }

    /// The worker's refusal in a response head; nil for a response of the application. Applications can't forge one: a
    /// worker drops these fields from their responses.
    func refusal(in head: borrowing ResponseHead, _ bytes: UnsafeBufferPointer<UInt8>) -> Refusal? {
        if head.status >= 500, let field = FaultField(in: head, bytes) { return .fault(field) }
        if head.status == 409, let field = FencedField(of: head, bytes) { return .fenced(field) }
        return nil
    }
}
