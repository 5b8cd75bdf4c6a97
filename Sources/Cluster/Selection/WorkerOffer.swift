/// What a worker announces of itself, as selection needs it.
package struct WorkerOffer: Sendable, Equatable {
    /// Relative weight.
    package let capacity: Int
    /// Requests that it takes at the same time.
    package let limit: Int

    /// Tells the worker from all others: what policies that keep to workers know it by.
    package let name: UInt64

    /// - Parameters:
    ///   - capacity: 1 to `WorkerRecord.maximumCapacity`.
    ///   - maximumRequests: 0, or what is too large, for as many as the table can count.
    package init(capacity: Int = 1, maximumRequests: Int = 0, name: UInt64 = 0) {
        self.capacity = capacity
        self.name = name
        let most = OutstandingTable.maximumOutstanding
        limit = maximumRequests > 0 ? min(maximumRequests, most) : most
    }
}
