import Synchronization

/// The requests at several upstreams, in order.
final class RequestLog: Sendable {
    private let requests = Mutex<[SeenRequest]>([])

    func add(_ request: SeenRequest) { requests.withLock { $0.append(request) } }

    var all: [SeenRequest] { requests.withLock { $0 } }
}

/// A token for exactly one of several threads.
final class OneTime: Sendable {
    private let isLeft = Atomic(true)

    /// True for the first caller.
    func take() -> Bool { isLeft.exchange(false, ordering: .acquiringAndReleasing) }
}
