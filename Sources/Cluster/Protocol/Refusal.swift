/// Why the balancer says no. Each has a stable code for the wire, an HTTP status, a line for people, and tells whether
/// asking again may help.
package enum Refusal: Error, Sendable, Equatable {
    /// The certificate names another node than the request.
    case identityMismatch
    /// The certificate's role may not do this.
    case wrongRole
    /// The certificate names another cluster.
    case wrongCluster
    /// A later start of the same worker is registered.
    case olderIncarnation
    /// An earlier start of the worker that asks is registered at its very address under this higher incarnation: the
    /// wall clock was set back in between, and the worker's snapshot was lost.
    case laterStartKnown(UInt64)
    /// Another process serves under this id, at another address.
    case nameTaken
    case tooManyWorkers
    /// Too many connect-backs are under way.
    case busy
    /// The connect-back found nobody at the claimed address.
    case unreachable(String)
    /// The connect-back found somebody else at the claimed address.
    case answeredBySomebodyElse(String)
    case hostNotInCertificate
    /// The right node answered the connect-back, but not with 200.
    case unhealthy(String)
    /// The claimed port belongs to the balancer.
    case reservedPort
    /// The ticket is unknown: it took too long, or a later registration of the same worker replaced it.
    case expired
    /// A later balancer reigns; this one steps down.
    case steppingDown
    /// The request makes no sense; the text says what is wrong.
    case invalid(String)
}

extension Refusal {
    /// The HTTP status of the answer.
    package var status: UInt16 {
        switch self {
        case .invalid, .reservedPort: 400
        case .identityMismatch, .wrongRole, .wrongCluster, .answeredBySomebodyElse, .hostNotInCertificate: 403
        case .olderIncarnation, .laterStartKnown, .nameTaken, .unreachable, .unhealthy, .expired: 409
        case .busy, .tooManyWorkers: 429
        case .steppingDown: 503
        }
    }

    /// Whether the same request may succeed soon without anybody's help.
    package var mayRetry: Bool {
        switch self {
        case .busy, .unreachable, .unhealthy, .expired, .steppingDown: true
        case .invalid, .reservedPort, .identityMismatch, .wrongRole, .wrongCluster, .answeredBySomebodyElse,
            .hostNotInCertificate, .olderIncarnation, .laterStartKnown, .nameTaken, .tooManyWorkers:
            false
        }
    }

    /// One line: what is wrong, and what to do.
    package var message: String {
        switch self {
        case .identityMismatch:
            "the certificate names another node than the request: give the worker the certificate of its own --id"
        case .wrongRole:
            "the certificate's role does not allow this: use the node's worker certificate (worker.pem)"
        case .wrongCluster:
            "the certificate belongs to another cluster: issue one with this cluster's certs/make-certs"
        case .olderIncarnation:
            "a later start of this worker is registered: stop this process, or give it another --id"
        case .laterStartKnown(let incarnation):
            "an earlier start of this worker is registered as \(incarnation), so the clock was set back: registering above that"
        case .nameTaken:
            "another process serves under this id at another address: stop it, or give this one another --id"
        case .tooManyWorkers:
            "the registry is full: remove workers, or raise the balancer's limit"
        case .busy:
            "too many registrations at once: trying again soon helps"
        case .unreachable(let reason):
            "the balancer can't reach the worker at the address it gave (\(reason)): check --host, --port and firewalls"
        case .answeredBySomebodyElse(let who):
            "at the given address answers \(who) instead of this worker: check --host and --port"
        case .hostNotInCertificate:
            "the certificate is not good for the given host: issue it again with certs/make-certs node ID --san HOST"
        case .unhealthy(let reason):
            "the worker answers, but is not healthy (\(reason)): see its log"
        case .reservedPort:
            "this port belongs to the balancer: give the worker another --port"
        case .expired:
            "the check of the worker's address took too long, or a newer registration replaced this one"
        case .steppingDown:
            "this balancer has been replaced by a later one: connect again"
        case .invalid(let reason):
            "the request is not valid: \(reason)"
        }
    }
}
