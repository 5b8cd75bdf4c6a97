/// What a balancer runs with, but for who it is: written to the state directory by the one that reigns, so that a
/// successor continues on the same ports in the same way.
package struct BalancerConfiguration: Codable, Sendable, Equatable {
    package var host: String
    package var port: UInt16
    package var clusterPort: UInt16
    package var adminPort: UInt16
    package var threads: Int
    package var logLevel: String
    package var insecureBind: Bool

    package init(
        host: String, port: UInt16, clusterPort: UInt16, adminPort: UInt16, threads: Int, logLevel: String,
        insecureBind: Bool
    ) {
        self.host = host
        self.port = port
        self.clusterPort = clusterPort
        self.adminPort = adminPort
        self.threads = threads
        self.logLevel = logLevel
        self.insecureBind = insecureBind
    }

    /// The options that make this configuration.
    package var arguments: [String] {
        [
            "--host", host, "--port", "\(port)", "--cluster-port", "\(clusterPort)", "--admin-port", "\(adminPort)",
            "--threads", "\(threads)", "--log-level", logLevel,
        ] + (insecureBind ? ["--insecure-bind"] : [])
    }

    package static func load(from directory: StateDirectory) -> BalancerConfiguration? {
        DurableFile.read(directory.configuration).flatMap { JSON.decode(BalancerConfiguration.self, from: $0) }
    }
}
