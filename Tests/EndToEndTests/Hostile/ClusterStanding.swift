import Foundation

/// The state that no attack may change: the reign, the members, and the files.
struct ClusterStanding {
    let epoch: Int
    let balancer: pid_t
    let workers: [pid_t]
    private let durable: [String: String]
    private let names: Set<String>

    init(_ cluster: TestCluster) throws {
        let status = try cluster.status()
        (epoch, balancer) = (status.epoch, status.pid)
        workers = cluster.workers.filter(\.process.isRunning).map(\.process.identifier)
        durable = ClusterStanding.durable(in: cluster.stateDirectory)
        names = ClusterStanding.names(in: cluster.folder)
    }

    var processes: [pid_t] { [balancer] + workers }

    /// The differences from the state `before`; empty if there are none.
    func changes(since before: ClusterStanding) -> [String] {
        var changes: [String] = []
        if balancer != before.balancer { changes.append("process \(before.balancer) reigned, now \(balancer) does") }
        if epoch != before.epoch { changes.append("epoch \(before.epoch) has become \(epoch)") }
        if workers != before.workers { changes.append("the workers \(before.workers) have become \(workers)") }
        for name in Set(durable.keys).union(before.durable.keys).sorted() where durable[name] != before.durable[name] {
            changes.append("\(name) held \(before.durable[name] ?? "nothing"), now \(durable[name] ?? "nothing")")
        }
        for name in names.symmetricDifference(before.names).sorted() {
            changes.append("\(name) has \(names.contains(name) ? "come" : "gone")")
        }
        return changes
    }

    /// By the file's name: the whole text, or, of a worker's copy of the registry, the epoch.
    private static func durable(in folder: String) -> [String: String] {
        struct Copy: Decodable { let epoch: Int }
        var found: [String: String] = [:]
        for name in names(in: folder) {
            if name.hasPrefix("snapshot-") {
                let copy = try? JSONDecoder().decode(Copy.self, from: Files.bytes("\(folder)/\(name)"))
                found[name] = copy.map { "epoch \($0.epoch)" } ?? "no registry"
            } else if !name.hasSuffix(".sock") {
                found[name] = Files.text("\(folder)/\(name)")
            }
        }
        return found
    }

    /// Every file, except logs and temporary files.
    private static func names(in folder: String) -> Set<String> {
        let all = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return Set(all.filter { !$0.contains(".log") && !$0.contains(".tmp") })
    }
}
