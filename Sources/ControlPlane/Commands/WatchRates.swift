/// The rates between two reports of one balancer.
package struct WatchRates: Sendable, Equatable {
    /// In each second.
    package struct Rate: Codable, Sendable, Equatable {
        package var requests: Double
        package var failures: Double

        private enum CodingKeys: String, CodingKey {
            case requests = "requests_per_second"
            case failures = "failures_per_second"
        }
    }

    package private(set) var workers: [String: Rate] = [:]
    package private(set) var total = Rate(requests: 0, failures: 0)

    /// Nil if the reports are of two processes, because a successor counts from zero.
    ///
    /// - Parameter nanoseconds: the time between the reports.
    package init?(from earlier: StatusReport, to later: StatusReport, nanoseconds: UInt64) {
        guard earlier.epoch == later.epoch, earlier.pid == later.pid, nanoseconds > 0 else { return nil }
        let seconds = Double(nanoseconds) / 1e9
        // A worker that has started anew, or that is new, counts from zero too.
        func rate(_ before: UInt64, _ now: UInt64) -> Double {
            (Double(now >= before ? now - before : now) / seconds * 10).rounded() / 10
        }
        for worker in later.workers {
            let before = earlier.workers.first { $0.id == worker.id }
            let own = Rate(
                requests: rate(before?.requestsTotal ?? 0, worker.requestsTotal),
                failures: rate(before?.failuresTotal ?? 0, worker.failuresTotal))
            workers[worker.id] = own
            total.requests += own.requests
            total.failures += own.failures
        }
    }
}
