import Foundation
import Testing

/// A cluster under attack while honest clients send requests. These invariants hold during and after each attack:
///
/// 1. There is no takeover: the balancer's process, its epoch and the workers' processes stay.
/// 2. The three workers stay registered, and are ready afterwards.
/// 3. Memory stays below `memoryMebibytes`, and descriptors return to their earlier number.
/// 4. Honest clients are served within `latencySeconds`, or within five times their waiting time without an attack.
/// 5. Afterwards a request is served, and a new worker can join.
/// 6. The files on the disk do not change.
///
/// After a violation the next attack gets a new cluster. Tests that use a cluster run one at a time.
final class UnderAttack: @unchecked Sendable {
    @TaskLocal static var current: UnderAttack?

    /// The descriptors of the balancer and of each worker. They are few enough for one attacker to try to exhaust them.
    private static let descriptors = 1024
    /// The command that starts a process with this limit.
    static let launcher = ["prlimit", "--nofile=\(descriptors):\(descriptors)"]
    /// The highest resident memory of a process of the cluster.
    static let memoryMebibytes = Sanitizer.memoryLimit(kilobytes: 256 << 10) >> 10
    /// A machine is slow while it runs the attack, a debug build and other tests. The limit is far below any timeout.
    static let latencySeconds = 8.0 * Sanitizer.patience
    /// Additional descriptors that a process may keep, for more connections between balancer and workers.
    private static let descriptorsToSpare = 24
    private static let rate = 40

    private let options: TestCluster.Options
    private var certificates: String?
    private var present: TestCluster?
    private var newcomer: TestWorker?
    /// The 99th percentile of the waiting time without an attack, in seconds.
    private var peace = 0.0

    /// - Parameter workerArguments: for each of the three workers.
    init(workerArguments: [String] = [], balancerArguments: [String] = []) {
        var options = TestCluster.Options()
        options.launcher = UnderAttack.launcher
        options.balancerArguments = balancerArguments
        options.workerArguments = workerArguments
        self.options = options
    }

    /// Ends the cluster.
    func end() {
        present?.tearDown()
        present = nil
        certificates.map(Files.remove)
    }

    // MARK: The cluster

    /// The settled cluster; a new one after a violation.
    func cluster() throws -> TestCluster {
        if let present { return present }
        var options = options
        options.certificates = try makeCertificates()
        let cluster = try TestCluster(options)
        try cluster.waitUntilSettled()
        // The new worker has the highest port, so it does not change the succession.
        let newcomer = try cluster.startWorker(
            id: "worker-8004", arguments: options.workerArguments + ["--no-standby"])
        try cluster.waitUntilReady(4)
        try UnderAttack.end(newcomer, of: cluster)
        let load = try OpenLoop(cluster, rate: UnderAttack.rate)
        try load.waitForMore(80)
        peace = UnderAttack.percentile99(of: try load.stop())
        (present, self.newcomer) = (cluster, newcomer)
        return cluster
    }

    /// The certificates of attackers: nodes `liar` and `worker-8004`, and the operator `operator`.
    private func makeCertificates() throws -> String {
        if let certificates { return certificates }
        let folder = try UnderAttack.makeCertificates()
        certificates = folder
        return folder
    }

    /// A cluster of three workers whose processes have few descriptors.
    static func makeCluster(certificates: String) throws -> TestCluster {
        var options = TestCluster.Options()
        options.certificates = certificates
        options.launcher = launcher
        return try TestCluster(options)
    }

    static func makeCertificates() throws -> String {
        let folder = try TestCertificates.withNode("liar")
        #if TLS
            try TestCertificates.make(["node", "worker-8004"], in: folder)
            try TestCertificates.make(["client", "operator"], in: folder)
        #endif
        return folder
    }

    // MARK: An attack

    /// Attacks the cluster, checks every invariant, and returns each violation.
    ///
    /// The identity of the attacker may still owe for an earlier attack, so that it gets no turn. Then the attack runs
    /// once more, against a new cluster.
    func faults(of attack: Attack) throws -> [String] {
        let faults = try attempt(attack)
        let isChance = [UnderAttack.idle, UnderAttack.single].contains { faults.first?.hasPrefix($0) == true }
        return faults.count == 1 && isChance ? try attempt(attack) : faults
    }

    private static let idle = "an attack did nothing"
    /// On a full machine the client itself may be silent for longer than the grace of a new connection.
    private static let single = "one honest client failed"

    private func attempt(_ attack: Attack) throws -> [String] {
        let cluster = try cluster()
        LogsOnFailure.watch(cluster.folder)
        do {
            let faults = try faults(of: attack, on: cluster)
            if !faults.isEmpty { giveUp() }
            return faults
        } catch {
            LogsOnFailure.keep()
            giveUp()
            throw error
        }
    }

    private func giveUp() {
        present?.tearDown()
        present = nil
    }

    private func faults(of attack: Attack, on cluster: TestCluster) throws -> [String] {
        let before = try ClusterStanding(cluster)
        let descriptors = before.processes.map(ProcessTable.descriptorCount(of:))
        for process in before.processes { ProcessTable.forgetPeak(of: process) }
        let load = try OpenLoop(cluster, rate: UnderAttack.rate, timeout: attack.losses > 0 ? 5 : 20)
        try load.waitForMore(5)

        let began = OpenLoop.now
        let attacker = try Attacker(attack, on: cluster, certificates: certificates ?? "", epoch: before.epoch)
        var faults = Set<String>()
        let answers = watchOver(attacker, on: cluster, &faults)
        let report = try attacker.finish()
        let ended = OpenLoop.now

        try load.waitForAnswer(after: ended)
        let records = try load.stop().filter { $0.began >= began }
        if report.acts.values.contains(0) { faults.insert("\(UnderAttack.idle): \(report)") }
        if answers == 0 { faults.insert("the admin port answered nobody") }
        faults.formUnion(report.gains.map { "the attacker gained \($0)" })
        faults.formUnion(check(records, began..<ended, losses: attack.losses))
        for process in before.processes {
            let peak = ProcessTable.peakMebibytes(of: process) ?? 0
            if peak > UnderAttack.memoryMebibytes { faults.insert("process \(process) had \(peak) MiB of memory") }
        }
        faults.formUnion(try aftermath(of: before, descriptors, on: cluster))
        print(
            "attack: \(attack.name): \(report); \(summary(records)); peaks \(before.processes.map { ProcessTable.peakMebibytes(of: $0) ?? 0 }) MiB"
        )
        return faults.sorted()
    }

    /// Requests the registry from the balancer until the attack is over.
    ///
    /// - Returns: the number of answers.
    private func watchOver(_ attacker: Attacker, on cluster: TestCluster, _ faults: inout Set<String>) -> Int {
        var answers = 0
        let members = Set(["worker-8001", "worker-8002", "worker-8003"])
        _ = Patience.until(seconds: Attack.seconds + Patience.seconds) {
            if let status = try? cluster.status() {
                answers += 1
                let missing = members.subtracting(status.workers.map(\.id))
                if !missing.isEmpty { faults.insert("\(missing.sorted()) left the registry") }
            }
            return !attacker.isRunning
        }
        return answers
    }

    /// Checks the results of all honest requests that began during the attack or after it.
    private func check(_ records: [OpenLoopRecord], _ attack: Range<Double>, losses: Double) -> [String] {
        let tally = OpenLoopTally(records)
        if Double(tally.failed) > losses * Double(records.count) {
            return ["\(tally.failed == 1 ? UnderAttack.single : "honest clients"): \(tally)"]
        }
        let slowest = UnderAttack.percentile99(of: records.filter { $0.isServed && attack.contains($0.began) })
        let limit = max(5 * peace, UnderAttack.latencySeconds)
        if losses == 0 && slowest > limit { return ["honest clients waited \(slowest) s, and \(peace) s in peace"] }
        return []
    }

    /// Checks the final state, however long it takes to reach it.
    private func aftermath(
        of before: ClusterStanding, _ descriptors: [Int], on cluster: TestCluster
    ) throws -> [String] {
        guard before.balancer == (try? cluster.status().pid), !ProcessTable.hasEnded(before.balancer) else {
            return try ClusterStanding(cluster).changes(since: before) + ["somebody took over"]
        }
        try cluster.waitUntilReady(3)
        if let newcomer {
            try newcomer.start()
            try cluster.waitUntilReady(4)
            try UnderAttack.end(newcomer, of: cluster)
        }
        var faults: [String] = []
        _ = try Patience.until {
            let now = try ClusterStanding(cluster)
            faults = now.changes(since: before)
            for (process, count) in zip(before.processes, descriptors) {
                let used = ProcessTable.descriptorCount(of: process)
                if used > count + UnderAttack.descriptorsToSpare {
                    faults.append("process \(process) had \(count) descriptors, and now \(used)")
                }
            }
            let standbys = ProcessTable.withArgument(containing: cluster.folder)
                .filter { ProcessTable.arguments(of: $0).contains("--standby") }
            if standbys.count != 1 { faults.append("\(standbys.count) processes stand by") }
            return faults.isEmpty
        }
        return faults
    }

    /// Ends the new worker in order.
    private static func end(_ newcomer: TestWorker, of cluster: TestCluster) throws {
        newcomer.process.send(SIGTERM)
        guard newcomer.process.wait() == 0 else { throw HarnessError("\(newcomer.id) does not end") }
        try cluster.waitUntilReady(3)
    }

    private func summary(_ records: [OpenLoopRecord]) -> String {
        let waited = UnderAttack.percentile99(of: records.filter(\.isServed))
        return "\(OpenLoopTally(records)), p99 \(Int(waited * 1000)) ms (in peace \(Int(peace * 1000)) ms)"
    }

    private static func percentile99(of records: [OpenLoopRecord]) -> Double {
        let waits = records.map { $0.ended - $0.began }.sorted()
        return waits.isEmpty ? 0 : waits[(waits.count - 1) * 99 / 100]
    }
}
