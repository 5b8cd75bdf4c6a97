extension BalancerConfiguration {
    /// What the balancer that reigns, or reigned last, runs with; nil when there was none.
    package static func load(from directory: StateDirectory) -> BalancerConfiguration? {
        DurableFile.read(directory.configuration).flatMap { JSON.decode(BalancerConfiguration.self, from: $0) }
    }
}
