package import Cluster
package import Storage

/// The state that the admin port shows, at one moment of the control loop.
package struct AdminView: Sendable {
    package let status: StatusReport
    /// See `NodeCertificates.expiries`.
    package let expiries: [(file: String, seconds: Int)]
    let health: HealthCounts
    let takeovers: TakeoverRecord
    let reign: ReignFacts

    package init(
        status: StatusReport, expiries: [(file: String, seconds: Int)], health: HealthCounts = HealthCounts(),
        takeovers: TakeoverRecord = TakeoverRecord(), reign: ReignFacts = ReignFacts(host: "", address: "", since: 0)
    ) {
        self.status = status
        self.expiries = expiries
        self.health = health
        self.takeovers = takeovers
        self.reign = reign
    }
}

/// Facts of the reign that stay the same to its end.
package struct ReignFacts: Sendable {
    /// The name of the machine.
    let host: String
    /// The public address, as a URL.
    let address: String
    /// The start of the reign, in seconds since 1970.
    let since: Int64

    package init(host: String, address: String, since: Int64) {
        self.host = host
        self.address = address
        self.since = since
    }
}

/// The counts of the data loops, which the admin port reads on its own loop.
package struct AdminCounts: Sendable {
    /// Makes the metrics of a view, in Prometheus' text format.
    let metrics: @Sendable (AdminView) -> String
    let traffic: @Sendable () -> TrafficSample

    package init(
        metrics: @escaping @Sendable (AdminView) -> String, traffic: @escaping @Sendable () -> TrafficSample
    ) {
        self.metrics = metrics
        self.traffic = traffic
    }
}
