/// The state that the admin port shows, at one moment of the control loop.
package struct AdminView: Sendable {
    package let status: StatusReport
    /// See `NodeCertificates.expiries`.
    package let expiries: [(file: String, seconds: Int)]

    package init(status: StatusReport, expiries: [(file: String, seconds: Int)]) {
        self.status = status
        self.expiries = expiries
    }
}
