/// The reason why the balancer refuses a request. Each has a stable code for messages, an HTTP status and a text for
/// people, and tells whether a retry may help.
package enum Refusal: Error, Sendable, Equatable {
    /// The certificate names another node than the request.
    case identityMismatch
    /// The certificate's role does not permit this.
    case wrongRole
    /// The certificate names another cluster.
    case wrongCluster
    /// A later start of the same worker is registered.
    case olderIncarnation
    /// An earlier start of this worker is registered at the same address under this higher incarnation: the wall clock
    /// was set back in between, and the worker's snapshot was lost.
    case laterStartKnown(UInt64)
    /// Another process serves under this id at another address.
    case nameTaken
    case tooManyWorkers
    /// Too many connect-backs are in progress.
    case busy
    /// No process answered the connect-back at the claimed address.
    case unreachable(String)
    /// Another node answered the connect-back at the claimed address.
    case answeredBySomebodyElse(String)
    case hostNotInCertificate
    /// The right node answered the connect-back, but not with 200.
    case unhealthy(String)
    /// The connect-back did not find the worker. The three reasons above are for the balancer's log only.
    case notConfirmed
    /// The claimed port belongs to the balancer.
    case reservedPort
    /// The ticket is unknown: it took too long, or a later registration of the same worker replaced it.
    case expired
    /// A later balancer reigns, and this one is fenced.
    case steppingDown
    /// The worker has met a later balancer, and would not obey this one.
    case laterReignMet
    /// An operator ends the whole cluster, so a worker that joins has to end too.
    case clusterEnding
    /// The request is invalid. The text gives the fault.
    case invalid(String)
}

extension Refusal {
    /// The HTTP status of the answer.
    package var status: UInt16 {
        switch self {
        case .invalid, .reservedPort: 400
        case .identityMismatch, .wrongRole, .wrongCluster, .answeredBySomebodyElse, .hostNotInCertificate: 403
        case .olderIncarnation, .laterStartKnown, .nameTaken, .unreachable, .unhealthy, .notConfirmed, .expired: 409
        case .busy, .tooManyWorkers: 429
        case .steppingDown, .laterReignMet, .clusterEnding: 503
        }
    }

    /// The same request may soon succeed without a change by an operator.
    package var mayRetry: Bool {
        switch self {
        case .busy, .unreachable, .unhealthy, .notConfirmed, .expired, .steppingDown, .laterReignMet,
            .clusterEnding:
            true
        case .invalid, .reservedPort, .identityMismatch, .wrongRole, .wrongCluster, .answeredBySomebodyElse,
            .hostNotInCertificate, .olderIncarnation, .laterStartKnown, .nameTaken, .tooManyWorkers:
            false
        }
    }

    /// The refusal as the peer gets it. Otherwise a member could scan the ports of an address through the balancer.
    package var asTold: Refusal {
        switch self {
        case .unreachable, .answeredBySomebodyElse, .unhealthy: .notConfirmed
        default: self
        }
    }

    /// One line with the fault and the cure.
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
            "no room for more workers: see --max-workers, and the balancer's limit of open files (ulimit -n)"
        case .busy:
            "too many registrations at once: try again soon"
        case .unreachable(let reason):
            "the balancer can't reach the worker at the address it gave (\(reason)): check --host, --port and firewalls"
        case .answeredBySomebodyElse(let who):
            "\(who) answers at the given address instead of this worker: check --host and --port"
        case .hostNotInCertificate:
            "the certificate is not valid for the given host: issue it again with certs/make-certs node ID --san HOST"
        case .unhealthy(let reason):
            "the worker answers, but is not healthy (\(reason)): see its log"
        case .notConfirmed:
            "the balancer did not find this worker at the address it gave: check --host, --port and firewalls; the balancer's log has the reason"
        case .reservedPort:
            "this port belongs to the balancer: give the worker another --port"
        case .expired:
            "the check of the worker's address took too long, or a newer registration replaced this one"
        case .steppingDown:
            "this balancer has been replaced by a later one: connect again"
        case .laterReignMet:
            "this worker has met a later balancer: if that one no longer reigns, see 'balancer epochs --help'"
        case .clusterEnding:
            "an operator ends the cluster: start it again with a balancer"
        case .invalid(let reason):
            "the request is not valid: \(reason)"
        }
    }
}
