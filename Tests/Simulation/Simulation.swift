/// One history from its seed.
package enum Simulation {
    package struct Report: Sendable {
        package let seed: UInt64
        package let violations: [Violation]
        package let steps: Int
        package let coverage: Coverage
    }

    /// - Parameter trace: gets every line of the story.
    package static func run(seed: UInt64, trace: ((String) -> Void)? = nil) -> Report {
        let world = World(seed: seed)
        world.trace = trace
        world.run()
        return Report(seed: seed, violations: world.violations, steps: world.steps, coverage: world.coverage)
    }
}
