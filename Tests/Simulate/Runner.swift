import Glibc
import Simulation

/// Runs many histories in turn, and stops at the first violation unless `--all` is set.
struct Runner {
    private let options: Options

    init(_ options: Options) {
        self.options = options
    }

    /// Returns false after a violation. The output then shows the seed and the violation.
    func run() -> Bool {
        var coverage = Coverage()
        var steps = 0
        var isGood = true
        for number in 0..<options.count {
            let report = Simulation.run(options.kind, seed: options.first &+ number &* options.step)
            steps += report.steps
            coverage.add(report.coverage)
            if let violation = report.violations.first {
                print("seed \(report.seed): \(violation)")
                print(
                    "replay it with: scripts/simulate \(options.kind == .manyHosts ? "--hosts " : "")--seed \(report.seed) --trace"
                )
                isGood = false
                if !options.goesOn { return false }
            }
        }
        guard isGood else { return false }
        print("\(options.count) histories, \(steps) events; every invariant held after each event")
        for sight in Coverage.Sight.allCases where sight.kinds.contains(options.kind) {
            print("  \(sight): \(coverage[sight])")
        }
        print("  longest time from the last fault to the first service: \(coverage.slowestServiceMilliseconds) ms")
        return true
    }
}
