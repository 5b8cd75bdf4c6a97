/// One connect-back in progress.
package struct AdmissionTicket: Sendable, Equatable {
    /// Unique within one balancer.
    package let number: UInt64
    /// The expected worker and its address.
    package let record: WorkerRecord
    /// The peer of the registration has proved its identity (false in the plain build).
    package let isAuthenticated: Bool

    package init(number: UInt64, record: WorkerRecord, isAuthenticated: Bool) {
        self.number = number
        self.record = record
        self.isAuthenticated = isAuthenticated
    }
}
