/// What a worker announces of itself, as selection needs it.
package struct WorkerOffer: Sendable, Equatable {
    /// Relative weight.
    package let capacity: Int
    /// Requests that it takes at the same time.
    package let limit: Int

    /// - Parameters:
    ///   - capacity: 1 to `WorkerRecord.maximumCapacity`.
    ///   - maximumRequests: 0, or what is too large, for as many as the table can count.
    package init(capacity: Int = 1, maximumRequests: Int = 0) {
        self.capacity = capacity
        let most = OutstandingTable.maximumOutstanding
        limit = maximumRequests > 0 ? min(maximumRequests, most) : most
    }
}
