/// Runs histories of a simulated cluster, each from its seed.
package enum Simulation {
    package struct Report: Sendable {
        package let seed: UInt64
        package let violations: [Violation]
        package let steps: Int
        package let coverage: Coverage
    }

    /// Runs one history until its end or the first violation.
    ///
    /// - Parameter trace: a function that gets each line of the trace.
    package static func run(seed: UInt64, trace: ((String) -> Void)? = nil) -> Report {
        let world = World(seed: seed)
        world.trace = trace
        world.run()
        return Report(seed: seed, violations: world.violations, steps: world.steps, coverage: world.coverage)
    }
}
