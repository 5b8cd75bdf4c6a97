internal import Cluster
internal import Connections
internal import ControlPlane
internal import Sockets

/// Tells from the answers to probes whether workers accept the certificate of a balancer that does not reign yet.
///
/// An unreachable worker proves nothing. In TLS 1.3 only an answer is a proof: this side completes its handshake before
/// the worker decides.
struct Acceptance {
    private var accepted = 0
    /// The first refusal.
    private var refusal: String?

    mutating func count(_ result: Result<ControlClient.Reply, UpstreamFailure>, from id: NodeID) {
        switch result {
        case .success(let reply) where reply.node == id.text && reply.status != 403: accepted += 1
        case .success(let reply): refuse(id, "status \(reply.status)")
        case .failure(.handshake(.secure(_, let message))): refuse(id, message)
        case .failure(.otherNode(let identity)): refuse(id, "\(UpstreamFailure.otherNode(identity))")
        case .failure: break
        }
    }

    private mutating func refuse(_ id: NodeID, _ reason: String) {
        if refusal == nil { refusal = "\(id.text): \(reason)" }
    }

    /// The meaning of the warm-up's end for the reign. A standby stands in for a balancer that is gone. A replacement must not
    /// take over from one that serves.
    func event(isReplacement: Bool) -> ReignEvent {
        guard isReplacement, let problem else { return .warmedUp }
        return .failed(ReignFailure(problem, status: 2))
    }

    /// Why no worker would obey this balancer; nil if a worker accepts it, or if none has answered.
    private var problem: String? {
        guard accepted == 0, let refusal else { return nil }
        return "no worker accepts this balancer's certificate (\(refusal)): the running balancer stays; "
            + "give the --certs of its cluster"
    }
}
