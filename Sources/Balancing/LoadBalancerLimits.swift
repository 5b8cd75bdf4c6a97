/// The limits that all loops of a process share.
package struct LoadBalancerLimits: Sendable {
    /// The time until a new or recovered worker has its full share; 0 for no slow start.
    package var slowStartMilliseconds: Int64 = 0
    /// The most requests that wait for a worker.
    package var queue = 1024
    /// The most retries in progress, in percent of the outstanding and queued requests.
    package var retryPercent = 20
    /// This number of retries is always allowed.
    package var retryMinimum = 3

    package init() {}
}
