/// One connect-back under way.
package struct AdmissionTicket: Sendable, Equatable {
    /// Unique within one balancer.
    package let number: UInt64
    /// Whom to find, and where.
    package let record: WorkerRecord
    /// Whether the peer of the registration proved its identity (false in the plain build).
    package let isAuthenticated: Bool

    package init(number: UInt64, record: WorkerRecord, isAuthenticated: Bool) {
        self.number = number
        self.record = record
        self.isAuthenticated = isAuthenticated
    }
}
