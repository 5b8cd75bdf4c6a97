/// The settings that a balancer sends to workers of other hosts, so that a successor there continues in the same way: ports,
/// limits and policies.
///
/// They are data. Each setting has a known name and a value in its range. No setting names a file, a folder or a command, and
/// no name becomes an option by itself. A setting that this version does not know is left out.
package struct ForeignConfiguration: Codable, Sendable, Equatable {
    package let port: UInt16
    package let clusterPort: UInt16
    package let adminPort: UInt16
    /// The address if the balancer listens on all addresses of its host; nil for an address without meaning elsewhere.
    package let wildcard: String?
    package let drainSeconds: Int
    package let trustRequestID: Bool
    /// Limits and policies, by the names of their settings.
    package let options: [String: String]

    package static let wildcards: Set = ["0.0.0.0", "::"]

    package init(_ configuration: BalancerConfiguration) {
        port = configuration.port
        clusterPort = configuration.clusterPort
        adminPort = configuration.adminPort
        wildcard = ForeignConfiguration.wildcards.contains(configuration.host) ? configuration.host : nil
        drainSeconds = configuration.drainSeconds
        trustRequestID = configuration.trustRequestID
        options = configuration.options.filter { ForeignConfiguration.allows($0.key, $0.value) }
    }

    /// True if a setting may come from another host: it is a limit or a policy, with a value in its range.
    static func allows(_ name: String, _ value: String) -> Bool {
        BalancerConfiguration.isOption(name, value, within: [.cluster])
    }

    private enum Key: String, CodingKey {
        case host, port, clusterPort, adminPort, drainSeconds, trustRequestID, options
        // Workers of an earlier version require these fields. This version ignores them.
        case threads, logLevel, insecureBind
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        port = try fields.decode(UInt16.self, forKey: .port)
        clusterPort = try fields.decode(UInt16.self, forKey: .clusterPort)
        adminPort = try fields.decode(UInt16.self, forKey: .adminPort)
        let host = try fields.decodeIfPresent(String.self, forKey: .host) ?? ""
        wildcard = ForeignConfiguration.wildcards.contains(host) ? host : nil
        drainSeconds =
            try fields.decodeIfPresent(Int.self, forKey: .drainSeconds) ?? BalancerConfiguration.defaultDrainSeconds
        trustRequestID = try fields.decodeIfPresent(Bool.self, forKey: .trustRequestID) ?? false
        let given = try fields.decodeIfPresent([String: String].self, forKey: .options) ?? [:]
        options = given.filter { ForeignConfiguration.allows($0.key, $0.value) }
        let ports: Set = [port, clusterPort, adminPort]
        guard ports.count == 3, !ports.contains(0), BalancerConfiguration.drainRange.contains(drainSeconds) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "a value is out of its range"))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(wildcard ?? "127.0.0.1", forKey: .host)
        try fields.encode(port, forKey: .port)
        try fields.encode(clusterPort, forKey: .clusterPort)
        try fields.encode(adminPort, forKey: .adminPort)
        try fields.encode(drainSeconds, forKey: .drainSeconds)
        try fields.encode(trustRequestID, forKey: .trustRequestID)
        try fields.encode(options, forKey: .options)
        try fields.encode(1, forKey: .threads)
        try fields.encode("info", forKey: .logLevel)
        try fields.encode(false, forKey: .insecureBind)
    }
}
