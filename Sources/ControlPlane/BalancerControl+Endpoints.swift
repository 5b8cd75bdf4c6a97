internal import Cluster
package import Connections
internal import HTTP
internal import Logging
internal import Sockets

/// The cluster port: what workers ask of the balancer.
extension BalancerControl {
    /// The largest request that a worker sends.
    package static let maximumBody = 64 << 10

    package func handle(_ call: Call) {
        guard call.method == .post else {
            call.reply(status: 405, error: "the cluster protocol takes POST only", allow: "POST")
            return
        }
        let peer: NodeIdentity?
        switch call.downstream.peerIdentity {
        case .anonymous: peer = nil
        case .unusable(let reason):
            refuse(call, .invalid(reason), status: 403)
            return
        case .uri(let uri):
            guard let identity = NodeIdentity(uri: uri) else {
                refuse(call, .invalid("the certificate's URI \(uri) names no node"), status: 403)
                return
            }
            peer = identity
        }
        switch call.path {
        case ClusterPaths.register: register(call, peer)
        case ClusterPaths.watch: watch(call, peer)
        case ClusterPaths.scout: scout(call, peer)
        case ClusterPaths.drain: depart(call, peer, isDrain: true)
        case ClusterPaths.leave: depart(call, peer, isDrain: false)
        default: call.reply(status: 404, error: "no such path in the cluster protocol")
        }
        perform()
    }

    /// A connection of the cluster port has ended: with it, perhaps, the worker that watched over it.
    package func connectionClosed(_ downstream: any Downstream) {
        let key = ObjectIdentifier(downstream)
        guard let watch = watchers.removeValue(forKey: key)?.watch else { return }
        // A worker that has connected anew is watched over by its newest connection.
        guard newestWatch[watch.id] == key else { return }
        newestWatch[watch.id] = nil
        core.watchLost(watch.id, incarnation: watch.incarnation, now: now)
        perform()
    }

    private func register(_ call: Call, _ peer: NodeIdentity?) {
        guard let registration = JSON.decode(Registration.self, from: call.body) else {
            refuse(call, .invalid("the registration is not understood"))
            return
        }
        switch core.register(registration, peer: peer, now: now) {
        case .refused(let refusal): refuse(call, refusal)
        case .connectBack(let ticket):
            connectBack(ticket) { [unowned self] outcome, caller in
                switch core.connectBackFinished(ticket, outcome, now: now) {
                case .admitted(let snapshot):
                    if let caller { callers.keep(caller, for: ticket.record) }
                    let (settings, configuration) = (core.settings, configuration)
                    send(snapshot, to: call) {
                        RegistrationAnswer(snapshot: $0, settings: settings, configuration: configuration)
                    }
                case .refused(let refusal):
                    caller?.close()
                    refuse(call, refusal)
                }
                perform()
            }
        }
    }

    private func watch(_ call: Call, _ peer: NodeIdentity?) {
        guard let watch = readWatch(of: call) else {
            refuse(call, .invalid("the watch is not understood"))
            return
        }
        let verdict = core.watch(watch, peer: peer, now: now)
        switch verdict {
        case .unchanged(let epoch, let version):
            remember(call, watch)
            call.reply(encoded: unchangedAnswer(epoch, version))
        case .newer(let snapshot):
            remember(call, watch)
            guard snapshotPace.allows(now: loop.now) else {
                call.reply(encoded: unchangedAnswer(snapshot.epoch, snapshot.version))
                break
            }
            let configuration = watch.snapshotEpoch == epoch ? nil : configuration
            send(snapshot, to: call) {
                WatchAnswer(epoch: $0.epoch, version: $0.version, snapshot: $0, configuration: configuration)
            }
        case .registerAgain: call.reply(status: 404, error: "this worker is not registered: register again")
        case .refused(let refusal): refuse(call, refusal)
        case .superseded: refuse(call, .steppingDown)
        }
    }

    /// Answers with a worker list, which `answer` is made around.
    private func send(_ snapshot: Snapshot, to call: Call, in answer: (Snapshot) -> some Encodable) {
        let text = workerList.encode(snapshot, in: answer)
        snapshotPace.spend(text.count)
        call.reply(encoded: text)
    }

    /// Mostly a worker says what it said the last time, and need not be read again.
    private func readWatch(of call: Call) -> Watch? {
        if let last = watchers[ObjectIdentifier(call.downstream)], last.text == call.body { return last.watch }
        return JSON.decode(Watch.self, from: call.body)
    }

    /// The answer that brings no list: for all the same.
    private func unchangedAnswer(_ epoch: Epoch, _ version: UInt64) -> [UInt8] {
        if let last = lastUnchanged, last.epoch == epoch, last.version == version { return last.text }
        let text = JSON.encode(WatchAnswer(epoch: epoch, version: version, snapshot: nil))
        lastUnchanged = (epoch, version, text)
        return text
    }

    private func remember(_ call: Call, _ watch: Watch) {
        let key = ObjectIdentifier(call.downstream)
        watchers[key] = Watcher(watch: watch, text: call.body)
        newestWatch[watch.id] = key
    }

    private func scout(_ call: Call, _ peer: NodeIdentity?) {
        guard let scouting = JSON.decode(Scouting.self, from: call.body) else {
            refuse(call, .invalid("the question is not understood"))
            return
        }
        switch core.scouted(scouting, peer: peer, now: now) {
        case .reigns(let epoch): call.reply(json: Acknowledgement(epoch: epoch))
        case .refused(let refusal): refuse(call, refusal)
        }
    }

    private func depart(_ call: Call, _ peer: NodeIdentity?, isDrain: Bool) {
        guard let departure = JSON.decode(Departure.self, from: call.body) else {
            refuse(call, .invalid("the request is not understood"))
            return
        }
        let verdict =
            isDrain
            ? core.drain(departure.id, incarnation: departure.incarnation, peer: peer, now: now)
            : core.leave(departure.id, incarnation: departure.incarnation, peer: peer, now: now)
        switch verdict {
        case .accepted(let epoch): call.reply(json: Acknowledgement(epoch: epoch))
        case .unknown: call.reply(status: 404, error: "this worker is not registered")
        case .refused(let refusal): refuse(call, refusal)
        }
    }

    private func refuse(_ call: Call, _ refusal: Refusal, status: UInt16? = nil) {
        if case .invalid(let reason) = refusal, call.isOpen {
            // The core has not seen this one, so it has not been reported yet.
            log.warning("a peer's request is refused: \(reason)", metadata: ["peer": "\(call.downstream.peerHost)"])
        }
        call.reply(status: status ?? refusal.status, json: ErrorAnswer(error: refusal.message, refusal: refusal))
    }
}
