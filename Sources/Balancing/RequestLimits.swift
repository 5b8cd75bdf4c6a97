/// The limits of one request at the proxy. The settings contain the value, and each loop adopts it whole.
package struct RequestLimits: Sendable {
    /// Bytes of content that the proxy keeps for a retry.
    package var replayBytes = 64 << 10
    /// Attempts after the first one.
    package var retries = 2
    /// Time that a request may wait for a host. `LoadBalancerLimits` bounds the number of such requests.
    package var queueMilliseconds = 1000

    package init() {}

    package init(queueMilliseconds: Int) {
        self.queueMilliseconds = queueMilliseconds
    }
}
