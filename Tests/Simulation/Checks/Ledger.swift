import Cluster

/// The record of past events that the invariants need.
struct Ledger {
    /// The granted epochs, in the order of the grants, with the host of each.
    private var granted: [(host: Int, epoch: Epoch)] = []
    /// The number of workers that have read each request.
    private var reads: [Int: Int] = [:]
    private var answered: Set<Int> = []
    /// The last time at which a balancer accepted on each host.
    var lastAccepted: [Instant] = []

    /// Records a grant. Returns a description of the violation, or nil if the grant is valid.
    mutating func grant(_ epoch: Epoch, on host: Int) -> String? {
        defer { granted.append((host, epoch)) }
        if granted.contains(where: { $0.epoch == epoch }) { return "epoch \(epoch.value) was granted twice" }
        if let before = granted.last(where: { $0.host == host }), before.epoch > epoch {
            return "epoch \(epoch.value) was granted after \(before.epoch.value)"
        }
        return nil
    }

    var highest: Epoch { granted.map(\.epoch).max() ?? .none }

    /// The host of the balancer that got this epoch.
    func host(of epoch: Epoch) -> Int? { granted.last { $0.epoch == epoch }?.host }

    /// Records that a worker reads a request. Returns the number of workers that have read the request.
    mutating func read(_ request: Int) -> Int {
        reads[request, default: 0] += 1
        return reads[request, default: 0]
    }

    mutating func answer(_ request: Int) { answered.insert(request) }

    func isAnswered(_ request: Int) -> Bool { answered.contains(request) }
}
