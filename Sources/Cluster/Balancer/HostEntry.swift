/// One worker, as the data plane needs it.
package struct HostEntry: Sendable, Equatable {
    package let id: NodeID
    package let incarnation: UInt64
    package let host: String
    package let port: UInt16
    package let offer: WorkerOffer
    package let state: WorkerState
    /// The beginning of the worker's slow start; nil if it gets its full share.
    package let slowStartBegan: Instant?

    package init(
        id: NodeID, incarnation: UInt64, host: String, port: UInt16,
        offer: WorkerOffer = WorkerOffer(), state: WorkerState, slowStartBegan: Instant? = nil
    ) {
        self.id = id
        self.incarnation = incarnation
        self.host = host
        self.port = port
        self.offer = offer
        self.state = state
        self.slowStartBegan = slowStartBegan
    }

    /// - Parameter state: another state than that of the record.
    package init(of record: WorkerRecord, state: WorkerState? = nil, slowStartBegan: Instant? = nil) {
        self.init(
            id: record.id, incarnation: record.incarnation, host: record.host, port: record.port, offer: record.offer,
            state: state ?? record.state, slowStartBegan: slowStartBegan)
    }

    /// The worker may get new requests. Otherwise it only finishes its outstanding requests.
    package var isRoutable: Bool { state == .ready }
}
