internal import Cluster
internal import Connections
internal import HTTP
internal import Sockets

/// Asking workers for their health, and finding out who answers at the address of a new one.
extension BalancerControl {
    func probe(_ record: WorkerRecord) {
        guard let caller = callers.caller(for: record) else { return }
        if caller.isConnected { ask(caller, for: record) } else { probePlaces.take(for: record) }
    }

    /// The probe of a worker to whom there is no connection has a place to make one.
    func probe(_ record: WorkerRecord, at place: ProbePlaces.Place) {
        guard !isStopped, core.isProbing(record.id, incarnation: record.incarnation),
            let caller = callers.caller(for: record)
        else { return }
        place.isReached = { [weak caller] in caller?.isReached == true }
        ask(caller, for: record, at: place)
        perform()
    }

    /// - Parameter place: held until the probe has ended.
    private func ask(_ caller: KeptCaller, for record: WorkerRecord, at place: ProbePlaces.Place? = nil) {
        core.probeAsked(record.id, incarnation: record.incarnation, now: now)
        let timeout = Int(core.settings.probeTimeoutMilliseconds)
        caller.ask(.get, ClusterPaths.health, isProbe: true, timeoutMilliseconds: timeout) {
            [unowned self, place] result in
            _ = place
            core.probeFinished(
                record.id, incarnation: record.incarnation, probeOutcome(result, expecting: record.id), now: now)
            perform()
        }
    }

    private func probeOutcome(_ result: Result<KeptCaller.Reply, UpstreamFailure>, expecting id: NodeID) -> ProbeOutcome
    {
        switch result {
        case .success(let reply) where reply.node != nil && reply.node != id.text: .otherNode(reply.node ?? "")
        case .success(let reply) where reply.status == 200 && reply.node == id.text: .passed
        case .success(let reply): .failed("status \(reply.status)")
        case .failure(.refused): .refusedConnection
        case .failure(.otherNode(let identity)): .otherNode("\(UpstreamFailure.otherNode(identity))")
        case .failure(let failure): .failed("\(failure)")
        }
    }

    /// Connects to the address that a worker claims, over a connection of its own. Once the worker is admitted, probes go over it; until
    /// then it belongs to the one who is told, who closes it or has it kept.
    func connectBack(_ ticket: AdmissionTicket, then completion: @escaping (ConnectBackOutcome, KeptCaller?) -> Void) {
        let record = ticket.record
        guard let caller = callers.makeCaller(for: record) else {
            completion(.unreachable("\(record.host) is no IP address"), nil)
            return
        }
        let timeout = Int(core.settings.connectBackTimeoutMilliseconds)
        caller.ask(.get, ClusterPaths.health, isProbe: true, timeoutMilliseconds: timeout) { result in
            completion(BalancerControl.connectBackOutcome(result, expecting: record.id), caller)
        }
    }

    private static func connectBackOutcome(
        _ result: Result<KeptCaller.Reply, UpstreamFailure>, expecting id: NodeID
    ) -> ConnectBackOutcome {
        switch result {
        case .success(let reply):
            guard let node = reply.node else { return .otherNode("a server that is no worker of a cluster") }
            guard node == id.text else { return .otherNode(node) }
            return reply.status == 200 ? .sameNode : .unhealthy("status \(reply.status)")
        case .failure(.handshake(.secure(.hostMismatch, message: _))): return .hostNotInCertificate
        case .failure(.handshake(.secure(.peerRejected, message: let message))):
            return .otherNode("a peer of whom \(message)")
        case .failure(.otherNode(.uri(let uri))): return .otherNode(uri)
        case .failure(.otherNode(.anonymous)): return .otherNode("a peer without a certificate")
        case .failure(.otherNode(.unusable(let reason))): return .otherNode("a peer of whom \(reason)")
        case .failure(.badResponse): return .otherNode("a server that does not speak HTTP/1.1")
        case .failure(let failure): return .unreachable("\(failure)")
        }
    }
}
