package import Cluster
package import Storage

/// The state that the admin port shows, at one moment of the control loop.
package struct AdminView: Sendable {
    package let status: StatusReport
    /// See `NodeCertificates.expiries`.
    package let expiries: [(file: String, seconds: Int)]
    let health: HealthCounts
    let takeovers: TakeoverRecord

    package init(
        status: StatusReport, expiries: [(file: String, seconds: Int)], health: HealthCounts = HealthCounts(),
        takeovers: TakeoverRecord = TakeoverRecord()
    ) {
        self.status = status
        self.expiries = expiries
        self.health = health
        self.takeovers = takeovers
    }
}
