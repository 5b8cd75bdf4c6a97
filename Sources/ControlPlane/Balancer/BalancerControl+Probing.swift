internal import Cluster
internal import Connections
internal import HTTP
internal import Sockets

/// Probes workers, and verifies the address of a new one.
extension BalancerControl {
    func probe(_ record: WorkerRecord) {
        guard let caller = callers.caller(for: record) else { return }
        if caller.isConnected { ask(caller, for: record) } else { probePlaces.take(for: record) }
    }

    /// Probes a worker that has no connection yet, with a permit to open one.
    func probe(_ record: WorkerRecord, at place: ProbeLimiter.Permit) {
        guard !isStopped, core.isProbing(record.id, incarnation: record.incarnation),
            let caller = callers.caller(for: record)
        else { return }
        place.isReached = { [weak caller] in caller?.isReached == true }
        ask(caller, for: record, at: place)
    }

    /// - Parameter place: held until the probe has ended.
    private func ask(_ caller: ControlClient, for record: WorkerRecord, at place: ProbeLimiter.Permit? = nil) {
        feed(.probeAsked(record.id, incarnation: record.incarnation))
        let timeout = Int(core.settings.probeTimeoutMilliseconds)
        caller.ask(.get, ClusterPaths.health, isProbe: true, epoch: epoch.value, timeoutMilliseconds: timeout) {
            [unowned self, place] result in
            _ = place
            feed(
                .probeFinished(record.id, incarnation: record.incarnation, probeOutcome(result, expecting: record.id)))
        }
    }

    private func probeOutcome(_ result: Result<ControlClient.Reply, UpstreamFailure>, expecting id: NodeID)
        -> ProbeOutcome
    {
        switch result {
        case .success(let reply) where reply.node != nil && reply.node != id.text: .otherNode(reply.node ?? "")
        case .success(let reply) where reply.status == 200 && reply.node == id.text: .passed
        case .success(let reply): .failed(reply.problem)
        case .failure(.refused): .refusedConnection
        case .failure(.otherNode(let identity)): .otherNode("\(UpstreamFailure.otherNode(identity))")
        case .failure(let failure): .failed("\(failure)")
        }
    }

    /// Connects to the claimed address of a worker over a connection of its own. After the admission, probes use this
    /// connection.
    func connectBack(_ ticket: AdmissionTicket, for request: ClusterRequest) {
        let record = ticket.record
        if let earlier = connectBacks.removeValue(forKey: record.id) {
            // Its ticket is no longer valid.
            earlier.caller.close()
            earlier.request.reply(.refused(.expired))
        }
        let timeout = Int(core.settings.connectBackTimeoutMilliseconds)
        guard let caller = callers.makeCaller(for: record) else {
            guard
                case .refused(let refusal) = core.connectBackFinished(
                    ticket, .unreachable("\(record.host) is no IP address"), now: now)
            else { return }
            request.reply(.refused(refusal))
            return
        }
        connectBacks[record.id] = ConnectBack(
            ticket: ticket, caller: caller, request: request,
            refusalDue: loop.now &+ UInt64(clamping: timeout) &* 1_000_000)
        caller.ask(.get, ClusterPaths.health, isProbe: true, timeoutMilliseconds: timeout) { [unowned self] result in
            guard let connectBack = connectBacks[record.id], connectBack.ticket == ticket else { return }
            connectBacks[record.id] = nil
            finish(connectBack, BalancerControl.connectBackOutcome(result, expecting: record))
        }
    }

    private static func connectBackOutcome(
        _ result: Result<ControlClient.Reply, UpstreamFailure>, expecting record: WorkerRecord
    ) -> ConnectBackOutcome {
        switch result {
        case .success(let reply):
            guard let node = reply.node else { return .otherNode("a server that is no worker of a cluster") }
            guard node == record.id.text else { return .otherNode(node) }
            return reply.status == 200 ? .sameNode : .unhealthy(reply.problem)
        case .failure(.handshake(.secure(.hostMismatch, message: _))): return .hostNotInCertificate
        case .failure(.handshake(.secure(.peerRejected, message: let message))),
            .failure(.handshake(.secure(.lapsed, message: let message))):
            return .otherNode("a peer of whom \(message)")
        case .failure(.otherNode(.uri(let uri))): return .otherNode(uri)
        case .failure(.otherNode(.anonymous)): return .otherNode("a peer without a certificate")
        case .failure(.otherNode(.unusable(let reason))): return .otherNode("a peer of whom \(reason)")
        case .failure(.badResponse): return .otherNode("a server that does not speak HTTP/1.1")
        case .failure(let failure):
            let address = BalancerAddress(host: record.host, port: record.port)
            return .unreachable("\(address): \(failure)")
        }
    }
}

extension ControlClient.Reply {
    /// In bytes. A worker sends one line of text.
    private static let longestReason = 300

    /// The report of a failed probe: the status, and the worker's reason.
    var problem: String {
        let line = body.prefix(Self.longestReason).prefix { $0 != UInt8(ascii: "\n") }
        let reason = String(decoding: line, as: UTF8.self)
        return reason.isEmpty ? "status \(status)" : "status \(status): \(reason)"
    }
}
