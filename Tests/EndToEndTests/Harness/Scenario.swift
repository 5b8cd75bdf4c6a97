import Foundation

/// A fault under load: an open-loop client asks all the while, and what became of its requests is recorded.
///
/// ```swift
/// let outcome = try Scenario.run("balancer killed", on: cluster) { scenario in
///     scenario.fault { kill(balancer, SIGKILL) }
///     try scenario.load.waitForMore(20)
/// }
/// ```
final class Scenario {
    /// What is known when the load has ended.
    struct Outcome: CustomStringConvertible {
        let name: String
        let tally: OpenLoopTally
        /// Lines that stand more than once in the shared file.
        let duplicated: Int
        /// Writes that were answered 201 and are not in the file.
        let missing: Int
        /// From each fault to the first answer to a request that was begun after it, in milliseconds.
        let firstAnswers: [Double]

        var description: String {
            let times = firstAnswers.map { String(format: "%.0f", $0) }.joined(separator: ", ")
            return "\(name): \(tally), \(duplicated) duplicated, \(missing) missing"
                + (times.isEmpty ? "" : ", first answer after \(times) ms")
        }
    }

    let load: OpenLoop
    private var faults: [Double] = []

    private init(load: OpenLoop) {
        self.load = load
    }

    /// Does the harm, between two readings of the clock.
    @discardableResult
    func fault<Result>(_ body: () throws -> Result) rethrows -> Result {
        faults.append(OpenLoop.now)
        return try body()
    }

    /// The instant of the last fault.
    var lastFault: Double { faults.last ?? 0 }

    /// Runs `body` under load, and one line about it goes to standard output.
    static func run(
        _ name: String, on cluster: TestCluster, rate: Int = 50, writeEvery: Int = 5,
        file: StaticString = #fileID, line: UInt = #line, _ body: (Scenario) throws -> Void
    ) throws -> Outcome {
        let scenario = Scenario(load: try OpenLoop(cluster, rate: rate, writeEvery: writeEvery))
        try scenario.load.waitForMore(10, file: file, line: line)
        try body(scenario)
        let records = try scenario.load.stop()
        let lines = Files.text(cluster.sharedFile).split(separator: "\n")
        let written = Set(lines)
        let outcome = Outcome(
            name: name, tally: OpenLoopTally(records), duplicated: lines.count - written.count,
            missing: records.count { $0.isWrite && $0.isServed && !written.contains($0.name) },
            firstAnswers: scenario.faults.compactMap { fault in
                records.filter { $0.isServed && $0.began >= fault }.map(\.ended).min().map { ($0 - fault) * 1000 }
            })
        print("scenario: \(outcome)")
        return outcome
    }
}
