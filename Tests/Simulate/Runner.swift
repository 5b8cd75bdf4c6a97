import Glibc
import Simulation

/// Runs many histories, one after the other, until one goes wrong.
struct Runner {
    private let options: Options

    init(_ options: Options) {
        self.options = options
    }

    /// False when an invariant was violated: the first seed that did so is printed, with what broke.
    func run() -> Bool {
        var coverage = Coverage()
        var steps = 0
        var isGood = true
        for number in 0..<options.count {
            let report = Simulation.run(seed: options.first &+ number &* options.step)
            steps += report.steps
            coverage.add(report.coverage)
            if let violation = report.violations.first {
                print("seed \(report.seed): \(violation)")
                print("replay it with: scripts/simulate --seed \(report.seed) --trace")
                isGood = false
                if !options.goesOn { return false }
            }
        }
        guard isGood else { return false }
        print("\(options.count) histories, \(steps) events, every invariant held after each")
        for sight in Coverage.Sight.allCases { print("  \(sight): \(coverage[sight])") }
        print("  slowest to serve again after the faults: \(coverage.slowestServiceMilliseconds) ms")
        return true
    }
}
