import Foundation

/// A fault under load: an open-loop client sends requests all the time, and the results are recorded.
///
/// ```swift
/// let outcome = try Scenario.run("balancer killed", on: cluster) { scenario in
///     scenario.fault { kill(balancer, SIGKILL) }
///     try scenario.load.waitForMore(20)
/// }
/// ```
final class Scenario {
    /// The results after the end of the load.
    struct Outcome: CustomStringConvertible {
        let name: String
        let tally: OpenLoopTally
        /// Lines that appear more than once in the shared file.
        let duplicated: Int
        /// Writes with response 201 that are missing in the file.
        let missing: Int
        /// For each fault, the time until the first response to a later request, in milliseconds.
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

    /// Causes the fault, between two readings of the clock.
    @discardableResult
    func fault<Result>(_ body: () throws -> Result) rethrows -> Result {
        faults.append(OpenLoop.now)
        return try body()
    }

    /// The time of the last fault.
    var lastFault: Double { faults.last ?? 0 }

    /// Runs `body` under load, and prints one line about it.
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
