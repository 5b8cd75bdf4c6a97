package import Cluster
internal import HTTP
internal import Sockets
internal import Storage

/// The requests for pledges: one kept connection to a worker of each other host, while the store is lost.
final class PledgeClients: Neighbours {
    private let callers: ProbeClients
    /// The other lock domains whose workers may stand in.
    private let domains: () -> Set<LockDomain>
    /// The workers of a lock domain that may stand in.
    private let standIns: (LockDomain) -> [WorkerRecord]
    private var kept: [LockDomain: Kept] = [:]

    private struct Kept {
        let worker: NodeID
        let incarnation: UInt64
        let caller: ControlClient
        /// The last request has no answer yet.
        var isWaiting = false
    }

    init(
        callers: ProbeClients, domains: @escaping () -> Set<LockDomain>,
        standIns: @escaping (LockDomain) -> [WorkerRecord]
    ) {
        self.callers = callers
        self.domains = domains
        self.standIns = standIns
    }

    var standInDomains: [LockDomain] {
        domains().sorted { $0.text < $1.text }
    }

    /// A worker that has not answered is passed over the next time.
    func askPledge(
        of lockDomain: LockDomain, _ request: PledgeRequest, timeoutMilliseconds: Int, completion: @escaping () -> Void
    ) {
        let workers = standIns(lockDomain)
        guard let worker = choose(among: workers, of: lockDomain) else { return }
        if let known = kept[lockDomain] {
            if known.isWaiting || known.worker != worker.id || known.incarnation != worker.incarnation {
                known.caller.close()
                kept[lockDomain] = nil
            }
        }
        let caller: ControlClient
        if let known = kept[lockDomain] {
            caller = known.caller
        } else {
            guard let fresh = callers.makeCaller(for: worker) else { return }
            caller = fresh
        }
        kept[lockDomain] = Kept(worker: worker.id, incarnation: worker.incarnation, caller: caller, isWaiting: true)
        caller.ask(
            .post, ClusterPaths.pledge, body: JSON.encode(request), timeoutMilliseconds: timeoutMilliseconds
        ) { [unowned self] result in
            guard kept[lockDomain]?.caller === caller else { return }
            // A failed request leaves `isWaiting`, so the next one goes to another worker.
            guard case .success(let reply) = result else { return }
            kept[lockDomain]?.isWaiting = false
            let answer = reply.status == 200 ? JSON.decode(PledgeAnswer.self, from: reply.body) : nil
            if answer?.isGiven == true { completion() }
        }
    }

    private func choose(among workers: [WorkerRecord], of lockDomain: LockDomain) -> WorkerRecord? {
        guard let known = kept[lockDomain], let position = workers.firstIndex(where: { $0.id == known.worker }) else {
            return workers.first
        }
        return known.isWaiting ? workers[(position + 1) % workers.count] : workers[position]
    }

    func close() {
        for kept in kept.values { kept.caller.close() }
        kept = [:]
    }
}
