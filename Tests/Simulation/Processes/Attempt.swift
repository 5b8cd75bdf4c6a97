import Balancing
import Cluster

/// One request of a client, with its present attempt at a worker.
struct Attempt {
    /// The number of the request in the history.
    let request: Int
    let isIdempotent: Bool
    /// The process of the balancer that sends the request.
    let process: Int
    var tried = TriedSlots()
    var number = 0

    // The worker of the present attempt.
    var slot: Slot?
    var id: NodeID?
    var incarnation: UInt64 = 0
    var host = 0
    var port: UInt16 = 0
    var epoch = Epoch.none
    var sentAt: Instant?
}

/// The end of one attempt.
enum AttemptResult {
    case answered
    /// The worker has met a later reign and has not read the request.
    case fenced(Epoch)
    case ended(AttemptEnd)
}
