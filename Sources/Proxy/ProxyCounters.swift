package import Connections

/// The counters of the proxy on one loop.
package final class ProxyCounters: Sendable {
    /// In the order of `RetryReason.allCases`.
    private let retriesByReason = RetryReason.allCases.map { _ in Counter() }
    package let queued = Counter()
    package let queueTimeouts = Counter()
    package let queueRejections = Counter()
    /// The time of requests in the queue, however they left it.
    package let queueDurations = DurationHistogram()
    package let rateLimited = Counter()
    package let retriesDeferred = Counter()
    package let upstreamFailures = Counter()
    /// Shared connections to workers.
    package let connections = ConnectionCounters()

    /// Connections to upstreams.
    package struct ConnectionCounters: Sendable {
        package let opened = Counter()
        package let closed = Counter()
        package let failed = Counter()
    }

    package init() {}

    func count(_ reason: RetryReason) {
        if let index = RetryReason.allCases.firstIndex(of: reason) { retriesByReason[index].add(1) }
    }

    package func retries(_ reason: RetryReason) -> UInt64 {
        RetryReason.allCases.firstIndex(of: reason).map { retriesByReason[$0].current } ?? 0
    }
}
