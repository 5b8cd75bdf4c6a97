package import Connections

/// The counters of the proxy on one loop.
package final class ProxyCounters: Sendable {
    package let retries = Counter()
    package let queued = Counter()
    package let queueTimeouts = Counter()
    package let queueRejections = Counter()
    package let rateLimited = Counter()
    package let retriesDeferred = Counter()
    package let upstreamFailures = Counter()

    package init() {}
}
