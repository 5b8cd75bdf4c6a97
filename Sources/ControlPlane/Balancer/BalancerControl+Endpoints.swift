internal import Balancing
package import Cluster
internal import Sockets

/// Handles the requests of the cluster port, which the port's own loop has decoded.
extension BalancerControl {
    /// The largest accepted content at the cluster port. The limits of single messages are lower.
    package static let maximumBody = 16 << 10

    func handle(_ request: ClusterRequest) {
        switch request.message {
        case .register(let registration): register(registration, request)
        case .watch(let watch): self.watch(watch, request)
        case .discover(let discovery): discover(discovery, request)
        case .drain(let departure):
            let verdict = core.drain(
                departure.id, incarnation: departure.incarnation, startMark: departure.startMark, peer: request.peer,
                now: now)
            request.reply(answer(to: verdict))
        case .leave(let departure):
            let verdict = core.leave(
                departure.id, incarnation: departure.incarnation, startMark: departure.startMark, peer: request.peer,
                now: now)
            request.reply(answer(to: verdict))
        case .standIn(let departure):
            let verdict = core.standInShown(
                departure.id, incarnation: departure.incarnation, peer: request.peer, now: now)
            request.reply(answer(to: verdict))
        }
        performEffects()
    }

    /// A connection of the cluster port has closed. It may be the watch connection of a worker.
    func connectionEnded(_ connection: UInt64) {
        guard let watch = watches.remove(connection) else { return }
        feed(.watchLost(watch.id, incarnation: watch.incarnation))
        checkEndOfMembers()
    }

    private func register(_ registration: Registration, _ request: ClusterRequest) {
        // A worker that has met a later reign must not obey this one.
        if callbacks.onMembersEnded != nil, registration.maximumEpochSeen <= epoch {
            return request.reply(.refused(.clusterEnding))
        }
        let verdict = core.register(
            registration, peer: request.peer, isHostCertified: request.isHostCertified, now: now)
        switch verdict {
        case .refused(let refusal): request.reply(.refused(refusal))
        case .connectBack(let ticket): connectBack(ticket, for: request)
        }
    }

    /// Answers the registration of a connect-back.
    func finish(_ connectBack: ConnectBack, _ outcome: ConnectBackOutcome) {
        switch core.connectBackFinished(connectBack.ticket, outcome, now: now) {
        case .admitted(let snapshot):
            callers.keep(connectBack.caller, for: connectBack.ticket.record)
            connectBack.request.reply(.registered(snapshot, core.settings, configuration))
        case .refused(let refusal):
            connectBack.caller.close()
            delayedAnswers.add(due: connectBack.refusalDue) { connectBack.request.reply(.refused(refusal)) }
        }
        performEffects()
    }

    private func watch(_ watch: Watch, _ request: ClusterRequest) {
        let isEnding = callbacks.onMembersEnded != nil
        switch core.watch(watch, peer: request.peer, now: now) {
        case .unchanged(let epoch, let version):
            watches.remember(watch, over: request.connection)
            request.reply(isEnding ? .stop(epoch, version: version) : .unchanged(epoch, version: version))
        case .newer(let snapshot):
            watches.remember(watch, over: request.connection)
            request.reply(
                isEnding
                    ? .stop(epoch, version: watch.snapshotVersion)
                    : .newer(snapshot, watch.snapshotEpoch == epoch ? nil : configuration))
        case .registerAgain: request.reply(.unknown("this worker is not registered: register again"))
        case .refused(let refusal): request.reply(.refused(refusal))
        case .superseded: request.reply(.refused(.steppingDown))
        }
    }

    private func discover(_ discovery: DiscoveryRequest, _ request: ClusterRequest) {
        switch core.discover(discovery, peer: request.peer, now: now) {
        case .reigns(let epoch): request.reply(.acknowledged(epoch))
        case .refused(let refusal): request.reply(.refused(refusal))
        }
    }

    private func answer(to verdict: DepartureVerdict) -> ClusterAnswer {
        switch verdict {
        case .accepted(let epoch): .acknowledged(epoch)
        case .unknown: .unknown("this worker is not registered")
        case .refused(let refusal): .refused(refusal)
        }
    }

    // MARK: Orders of operators

    package func drain(_ id: NodeID) -> CommandAnswer { order(id) { $0.drain(id, now: $1) } }

    package func undrain(_ id: NodeID) -> CommandAnswer { order(id) { $0.undrain(id, now: $1) } }

    private func order(_ id: NodeID, _ give: (inout BalancerCore, Instant) -> DrainVerdict) -> CommandAnswer {
        let verdict = give(&core, now)
        performEffects()
        switch verdict {
        case .changed(let record): return report(record, isChanged: true)
        case .unchanged(let record): return report(record, isChanged: false)
        case .unknown: return .refused(status: 404, "there is no worker \(id): see 'balancer status'")
        case .leaving: return .refused(status: 409, "\(id) is ending its membership itself")
        case .over: return .refused(status: 503, "this balancer's reign is over: try again")
        }
    }

    private func report(_ record: WorkerRecord, isChanged: Bool) -> CommandAnswer {
        let inFlight = loadBalancer.load(of: record.id)?.outstanding ?? 0
        return .drain(
            DrainReport(id: record.id, state: record.state, isChanged: isChanged, inFlight: inFlight), core.snapshot)
    }

    /// - Parameter milliseconds: nil until `resume`.
    package func pause(forMilliseconds milliseconds: Int64?) -> CommandAnswer {
        report(
            core.pause(
                forMilliseconds: milliseconds, unixMilliseconds: Clock.unixNanoseconds() / 1_000_000, now: now))
    }

    package func resume() -> CommandAnswer { report(core.resume()) }

    private func report(_ verdict: PauseVerdict) -> CommandAnswer {
        performEffects()
        if case .over = verdict { return .refused(status: 503, "this balancer's reign is over: try again") }
        return .pause(PauseReport(isChanged: verdict == .changed, pause: pauseStatus), core.snapshot)
    }

    /// Tells every worker to end, with the answer to its next watch, and admits no other one.
    ///
    /// - Parameter completion: called once, when the last one has ended. Workers that failed before are not waited for.
    package func endMembers(then completion: @escaping () -> Void) {
        callbacks.onMembersEnded = completion
        checkEndOfMembers()
    }

    /// The workers that have not ended.
    package var livingMembers: [NodeID] {
        core.snapshot.workers.filter { $0.state != .ejected }.map(\.id) + core.unregisteredHolders
    }

    func checkEndOfMembers() {
        guard let completion = callbacks.onMembersEnded, watches.isEmpty, livingMembers.isEmpty, !isStopped else {
            return
        }
        // The rest of the reign admits no worker either.
        callbacks.onMembersEnded = {}
        completion()
    }
}
