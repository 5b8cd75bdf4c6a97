import Cluster

/// One request of a client, and its present attempt to be answered by a worker.
struct Attempt {
    /// Numbers the requests of a history.
    let request: Int
    let isIdempotent: Bool
    /// The balancer's process.
    let process: Int
    var tried = TriedSlots()
    var number = 0

    // The worker that was chosen.
    var slot: Slot?
    var id: NodeID?
    var incarnation: UInt64 = 0
    var host = 0
    var port: UInt16 = 0
    var epoch = Epoch.none
    var sentAt: Instant?
}

enum AttemptResult {
    case answered
    /// The worker has met a later reign: it did not read the request.
    case fenced(Epoch)
    case ended(AttemptEnd)
}
