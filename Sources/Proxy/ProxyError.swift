internal import Balancing
internal import Connections

/// The reason why no worker answered a request, for the client, the log and the retry law. `docs/errors.md` has the
/// same table.
enum ProxyError {
    /// No worker became routable while the request waited in the queue.
    case noWorker
    /// All workers stayed full while the request waited in the queue.
    case allBusy
    case queueFull
    /// An operator held the request in the queue until its time was over.
    case paused
    /// The client's source exceeds its request rate.
    case tooFast(retryAfterSeconds: Int)
    /// This balancer's reign is over.
    case fenced
    case upstream(UpstreamFailure)

    var status: UInt16 {
        switch self {
        case .noWorker, .queueFull, .paused, .fenced: 503
        case .tooFast: 429
        case .allBusy, .upstream(.timedOut), .upstream(.connectTimedOut): 504
        case .upstream: 502
        }
    }

    /// The text for the client: the failure, without internal details.
    var message: String {
        switch self {
        case .noWorker: "no worker is ready; try again"
        case .allBusy: "no worker became free in time"
        case .paused: "requests are paused; try again"
        case .queueFull: "too many requests are waiting for a worker; try again"
        case .tooFast: "too many requests from this address; try again later"
        case .fenced: "this balancer has been replaced; try again"
        case .upstream(.timedOut), .upstream(.connectTimedOut): "the worker did not answer in time"
        case .upstream: "the worker could not be reached or broke off"
        }
    }

    /// The request found no room. This says nothing about the health of a worker or an application.
    var isForWantOfRoom: Bool {
        switch self {
        case .allBusy, .queueFull, .upstream(.notTaken): true
        case .noWorker, .paused, .tooFast, .fenced, .upstream: false
        }
    }

    /// The application has seen nothing of the request, or a repetition is safe.
    var isUntaken: Bool {
        if case .upstream(let failure) = self { failure.isBeforeRequest } else { true }
    }

    var retryAfterSeconds: Int? {
        if case .tooFast(let seconds) = self { return seconds }
        return status == 503 ? 1 : nil
    }
}

extension UpstreamFailure {
    /// The failure, as the retry law needs it.
    ///
    /// - Parameter isOnTheWay: bytes of the request had left before the failure.
    func attemptEnd(isOnTheWay: Bool) -> AttemptEnd {
        if isBeforeRequest || !isOnTheWay { return .neverArrived }
        return isBeforeResponse ? .brokeOff : .failed
    }
}
