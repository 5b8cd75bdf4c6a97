package import Cluster

/// A worker's offer in the form that selection needs.
package struct HostShare: Sendable, Equatable {
    /// Relative weight.
    package let capacity: Int
    /// Most concurrent requests.
    package let limit: Int

    /// Identifies the worker to policies that return requests to the same worker.
    package let name: UInt64

    /// - Parameters:
    ///   - capacity: 1 to `WorkerOffer.maximumCapacity`.
    ///   - maximumRequests: 0 means the largest limit of the table. A larger value is clamped to that limit.
    package init(capacity: Int = 1, maximumRequests: Int = 0, name: UInt64 = 0) {
        self.capacity = capacity
        self.name = name
        let most = HostTable.maximumOutstanding
        limit = maximumRequests > 0 ? min(maximumRequests, most) : most
    }

    package init(of offer: WorkerOffer, name: UInt64) {
        self.init(capacity: offer.capacity, maximumRequests: offer.maximumRequests, name: name)
    }
}
