/// Runs histories of a simulated cluster, each from its seed.
package enum Simulation {
    package struct Report: Sendable {
        package let seed: UInt64
        package let violations: [Violation]
        package let steps: Int
        package let coverage: Coverage
    }

    package enum Kind: Sendable, CaseIterable {
        /// A whole cluster with one to three hosts, clients and workers: `World`.
        case cluster
        /// Many hosts with a store that decides which host reigns: `LeaseWorld`.
        case manyHosts
    }

    /// Runs one history until its end or the first violation.
    ///
    /// - Parameter trace: a function that gets each line of the trace.
    package static func run(_ kind: Kind = .cluster, seed: UInt64, trace: ((String) -> Void)? = nil) -> Report {
        switch kind {
        case .cluster: run(World(seed: seed), seed: seed, trace: trace)
        case .manyHosts: run(LeaseWorld(seed: seed), seed: seed, trace: trace)
        }
    }

    private static func run(_ world: some SimulatedWorld, seed: UInt64, trace: ((String) -> Void)?) -> Report {
        world.trace = trace
        world.run()
        return Report(seed: seed, violations: world.violations, steps: world.steps, coverage: world.coverage)
    }
}
