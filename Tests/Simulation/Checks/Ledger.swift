import Cluster

/// What the invariants need to remember of the past.
struct Ledger {
    /// In the order of their granting, by host (a lease has one list).
    private var granted: [(host: Int, epoch: Epoch)] = []
    /// Which requests have been read by how many workers.
    private var reads: [Int: Int] = [:]
    private var answered: Set<Int> = []
    /// When somebody last accepted on each host.
    var lastAccepted: [Instant] = []

    /// What is wrong with a grant.
    mutating func grant(_ epoch: Epoch, on host: Int) -> String? {
        defer { granted.append((host, epoch)) }
        if granted.contains(where: { $0.epoch == epoch }) { return "epoch \(epoch.value) was granted twice" }
        if let before = granted.last(where: { $0.host == host }), before.epoch > epoch {
            return "epoch \(epoch.value) was granted after \(before.epoch.value)"
        }
        return nil
    }

    /// Where an epoch was granted.
    func host(of epoch: Epoch) -> Int? { granted.last { $0.epoch == epoch }?.host }

    /// How many workers have read a request, this one included.
    mutating func read(_ request: Int) -> Int {
        reads[request, default: 0] += 1
        return reads[request, default: 0]
    }

    mutating func answer(_ request: Int) { answered.insert(request) }

    func isAnswered(_ request: Int) -> Bool { answered.contains(request) }
}
