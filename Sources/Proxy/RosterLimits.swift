/// The bounds that all loops of a process share.
package struct RosterLimits: Sendable {
    /// How long a new or recovered worker takes to its full share. 0 for no slow start.
    package var slowStartMilliseconds: Int64 = 0
    /// Requests that wait for a worker.
    package var queue = 1024
    /// Retries under way at the same time, in percent of the requests that workers have or that wait for one.
    package var retryPercent = 20
    /// As many retries may always be under way.
    package var retryMinimum = 3

    package init() {}
}
