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
    /// How long requests in progress may take after this balancer was told to go.
    package var drainSeconds: Int
    /// Every further option that was given, by its name without dashes.
    package var options: [String: String]
    /// A client's X-Request-Id is taken over.
    package var trustRequestID = false

    package static let defaultDrainSeconds = 30

    package init(
        host: String, port: UInt16, clusterPort: UInt16, adminPort: UInt16, threads: Int, logLevel: String,
        insecureBind: Bool, drainSeconds: Int = BalancerConfiguration.defaultDrainSeconds,
        options: [String: String] = [:]
    ) {
        self.host = host
        self.port = port
        self.clusterPort = clusterPort
        self.adminPort = adminPort
        self.threads = threads
        self.logLevel = logLevel
        self.insecureBind = insecureBind
        self.drainSeconds = drainSeconds
        self.options = options
    }

    // A file of an earlier version lacks what has come since.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        host = try fields.decode(String.self, forKey: .host)
        port = try fields.decode(UInt16.self, forKey: .port)
        clusterPort = try fields.decode(UInt16.self, forKey: .clusterPort)
        adminPort = try fields.decode(UInt16.self, forKey: .adminPort)
        threads = try fields.decode(Int.self, forKey: .threads)
        logLevel = try fields.decode(String.self, forKey: .logLevel)
        insecureBind = try fields.decode(Bool.self, forKey: .insecureBind)
        drainSeconds =
            try fields.decodeIfPresent(Int.self, forKey: .drainSeconds) ?? BalancerConfiguration.defaultDrainSeconds
        options = try fields.decodeIfPresent([String: String].self, forKey: .options) ?? [:]
        trustRequestID = try fields.decodeIfPresent(Bool.self, forKey: .trustRequestID) ?? false
    }

    /// The balancer's own ports.
    package var ports: Set<UInt16> { [port, clusterPort, adminPort] }

    /// The same on another host: an address that only one host has becomes `address`.
    package func moved(to address: String) -> BalancerConfiguration {
        var result = self
        if host != "0.0.0.0", host != "::" { result.host = address }
        return result
    }

    /// The options that make this configuration.
    package var arguments: [String] {
        [
            "--host", host, "--port", "\(port)", "--cluster-port", "\(clusterPort)", "--admin-port", "\(adminPort)",
            "--threads", "\(threads)", "--log-level", logLevel, "--drain-seconds", "\(drainSeconds)",
        ] + (trustRequestID ? ["--trust-request-id"] : []) + (insecureBind ? ["--insecure-bind"] : [])
            + options.sorted { $0.key < $1.key }.flatMap { ["--\($0.key)", $0.value] }
    }
}
