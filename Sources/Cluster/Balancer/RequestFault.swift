/// The evidence of a failed request against its worker.
package enum RequestFault: Sendable {
    /// The worker or its application took no connection, or ended it before a response. Probes show when it takes
    /// connections again, so the ejection lasts until they pass.
    case connection
    /// An error response, a broken response, or none in time. Probes may pass all the same, so the ejection lasts for a
    /// time.
    case response
}
