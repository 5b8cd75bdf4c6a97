/// A worker's announcement: its capacity, and how many requests it takes at a time.
///
/// The registration, the record and the load balancer's entry contain an offer whole. On the wire and on disk its fields
/// stand beside the fields of the value that contains it, as earlier versions expect. A new field needs a default for nodes
/// of an earlier version.
package struct WorkerOffer: Codable, Sendable, Equatable {
    package static let maximumCapacity = 1000
    package static let maximumConcurrency = 65_535

    /// Relative weight, 1 to `maximumCapacity`. A worker of capacity 2 receives twice the requests of a worker of
    /// capacity 1.
    package var capacity: Int
    /// Most concurrent requests of the worker, up to `maximumConcurrency`; 0 for no limit of its own.
    package var maximumRequests: Int

    package init(capacity: Int = 1, maximumRequests: Int = 0) {
        self.capacity = capacity
        self.maximumRequests = maximumRequests
    }

    // A node of an earlier version sends no request limit.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        capacity = try fields.decode(Int.self, forKey: .capacity)
        maximumRequests = try fields.decodeIfPresent(Int.self, forKey: .maximumRequests) ?? 0
    }

    /// The fault of the first field that is out of its range; nil if there is none.
    var problem: String? {
        if !(1...WorkerOffer.maximumCapacity).contains(capacity) {
            return "capacity is not within 1 and \(WorkerOffer.maximumCapacity)"
        }
        if !(0...WorkerOffer.maximumConcurrency).contains(maximumRequests) {
            return "maximumRequests is not within 0 and \(WorkerOffer.maximumConcurrency)"
        }
        return nil
    }

    /// A copy in which each field is in its range. A snapshot of another node may contain any value.
    ///
    /// - Parameter most: the highest capacity that the balancer counts.
    func bounded(capacity most: Int) -> WorkerOffer {
        var offer = self
        offer.capacity = min(max(capacity, 1), most)
        offer.maximumRequests = min(max(maximumRequests, 0), WorkerOffer.maximumConcurrency)
        return offer
    }
}
