private import Synchronization

/// What the proxy does to requests on their way; fixed for a process but for the epoch.
package final class ProxyPolicy: Sendable {
    /// Where a proxy stands.
    package enum Place: Sendable {
        /// The balancer: the client is a stranger; what it says of forwarding and identity is dropped and said by us.
        case edge
        /// A worker in front of a local application: what the balancer said of the client goes through.
        case worker
    }

    package let place: Place
    /// `https` or `http`: what the client speaks to us.
    package let scheme: StaticString
    /// Content kept for a retry.
    package let replayLimit: Int
    /// Attempts after the first.
    package let maximumRetries: Int
    /// A client's X-Request-Id is taken over when it is valid.
    package let trustsRequestID: Bool
    /// How long a request waits for a worker; how many may is bounded by `RosterLimits`.
    package let queueMilliseconds: Int
    /// The reign under which requests go out; workers refuse an older one. 0 adds no field.
    private let currentEpoch = Atomic<UInt64>(0)
    private let awaitsSuccessor = Atomic<Bool>(false)

    package init(
        place: Place, scheme: StaticString, replayLimit: Int = 64 << 10, maximumRetries: Int = 2,
        queueMilliseconds: Int = 1000, trustsRequestID: Bool = false
    ) {
        self.place = place
        self.scheme = scheme
        self.replayLimit = replayLimit
        self.maximumRetries = maximumRetries
        self.queueMilliseconds = queueMilliseconds
        self.trustsRequestID = trustsRequestID
    }

    /// Whether clients speak TLS to us.
    var isSecure: Bool { scheme.description == "https" }

    package var epoch: UInt64 {
        get { currentEpoch.load(ordering: .relaxed) }
        set { currentEpoch.store(newValue, ordering: .relaxed) }
    }

    /// This balancer has given its reign back in order and finishes what it has begun. Who succeeds it tells the epoch
    /// under which the rest may go out; a request that a worker refuses before that waits for it.
    package var isAbdicated: Bool {
        get { awaitsSuccessor.load(ordering: .relaxed) }
        set { awaitsSuccessor.store(newValue, ordering: .relaxed) }
    }
}
