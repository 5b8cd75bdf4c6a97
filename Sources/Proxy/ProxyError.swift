internal import Cluster
internal import Connections

/// Why a request could not be answered by a worker, as the client, the log and the retry law see it. `docs/errors.md`
/// shows the same table.
enum ProxyError {
    /// Nobody may get requests, for as long as the queue waits.
    case noWorker
    /// There are workers, but none had room for as long as the queue waits.
    case allBusy
    case queueFull
    /// The client's address sends more requests than it may.
    case tooFast(retryAfterSeconds: Int)
    /// This balancer's reign is over.
    case fenced
    case upstream(UpstreamFailure)

    var status: UInt16 {
        switch self {
        case .noWorker, .queueFull, .fenced: 503
        case .tooFast: 429
        case .allBusy, .upstream(.timedOut), .upstream(.connectTimedOut): 504
        case .upstream: 502
        }
    }

    /// For the client: says what happened, and nothing of the inside.
    var message: String {
        switch self {
        case .noWorker: "no worker is ready; try again"
        case .allBusy: "no worker became free in time"
        case .queueFull: "too many requests are waiting for a worker; try again"
        case .tooFast: "too many requests from this address; try again later"
        case .fenced: "this balancer has been replaced; try again"
        case .upstream(.timedOut), .upstream(.connectTimedOut): "the worker did not answer in time"
        case .upstream: "the worker could not be reached or broke off"
        }
    }

    /// Nobody has seen anything of the request, or it is one that may be repeated.
    var isUntaken: Bool {
        if case .upstream(let failure) = self { failure.isBeforeRequest } else { true }
    }

    var retryAfterSeconds: Int? {
        if case .tooFast(let seconds) = self { return seconds }
        return status == 503 ? 1 : nil
    }
}

extension UpstreamFailure {
    /// What the retry law needs to know of this failure.
    ///
    /// - Parameter isOnTheWay: whether any byte of the request had left when it happened.
    func attemptEnd(isOnTheWay: Bool) -> AttemptEnd {
        if isBeforeRequest || !isOnTheWay { return .neverArrived }
        return isBeforeResponse ? .brokeOff : .failed
    }
}
