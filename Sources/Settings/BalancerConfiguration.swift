internal import Sockets
package import Storage

/// The settings of the running balancer that its successors take over, as the state directory keeps them.
package struct BalancerConfiguration: Codable, Sendable, Equatable {
    package var host: String
    package var port: UInt16
    package var clusterPort: UInt16
    package var adminPort: UInt16
    package var threads: Int
    package var logLevel: String
    package var insecureBind: Bool
    /// The time for requests in progress after SIGTERM to this balancer.
    package var drainSeconds: Int
    /// Every other setting that was given, by its name.
    package var options: [String: String]
    /// The balancer keeps a client's X-Request-Id.
    package var trustRequestID = false

    package static let defaultDrainSeconds = Settings(.balancer).drainSeconds
    package static let drainRange = 0...86_400
    /// The settings that have fields of their own.
    private static let ownFields: Set = [
        "host", "port", "cluster-port", "admin-port", "threads", "log-level", "insecure-bind", "drain-seconds",
        "trust-request-id",
    ]

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

    /// The settings that the successors of a balancer with these settings take over.
    package init(_ settings: Settings) {
        self.init(
            host: settings.host, port: settings.port, clusterPort: settings.clusterPort, adminPort: settings.adminPort,
            threads: settings.threadCount, logLevel: settings.logLevel, insecureBind: settings.bindsInsecurely,
            drainSeconds: settings.drainSeconds,
            options: settings.given.filter {
                BalancerConfiguration.isOption($0.key, $0.value, within: [.host, .cluster])
            })
        trustRequestID = settings.trustsRequestID
    }

    // A file of an earlier version has fewer fields.
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

    /// The configuration of the balancer that runs in this state directory, or ran last; nil if there was none.
    package static func load(from directory: StateDirectory) -> BalancerConfiguration? {
        directory.files.read(StateDirectory.Name.configuration).flatMap {
            JSON.decode(BalancerConfiguration.self, from: $0)
        }
    }

    /// The balancer's own ports.
    package var ports: Set<UInt16> { [port, clusterPort, adminPort] }

    /// True if `options` may hold this value: the setting reaches as far as `scopes` say and takes the value.
    static func isOption(_ name: String, _ text: String, within scopes: Set<Setting.Scope>) -> Bool {
        guard let row = SettingTable.rows(of: .balancer)[name], !ownFields.contains(name) else { return false }
        return scopes.contains(row.scope) && row.kind.value(of: text) != nil
    }

    /// The settings of this host, whatever a balancer of another host sends.
    package struct Local: Sendable {
        package let threads: Int
        package let logLevel: String
        package let insecureBind: Bool

        package init(threads: Int, logLevel: String, insecureBind: Bool) {
            self.threads = threads
            self.logLevel = logLevel
            self.insecureBind = insecureBind
        }
    }

    /// The configuration of a successor on this host when the balancer of another host is lost.
    ///
    /// - Parameters:
    ///   - address: of this host; it replaces an address that only the other host has.
    ///   - present: the configuration of this host so far. The settings of this host, such as its access log, stay.
    ///   - local: the same settings where there is no configuration so far.
    package init(
        following other: ForeignConfiguration, at address: String, present: BalancerConfiguration?, local: Local
    ) {
        self.init(
            host: other.wildcard ?? address, port: other.port, clusterPort: other.clusterPort,
            adminPort: other.adminPort, threads: present?.threads ?? local.threads,
            logLevel: present?.logLevel ?? local.logLevel,
            insecureBind: present?.insecureBind ?? local.insecureBind, drainSeconds: other.drainSeconds,
            options: other.options)
        let ofThisHost = present?.options.filter {
            BalancerConfiguration.isOption($0.key, $0.value, within: [.host])
        }
        options.merge(ofThisHost ?? [:]) { _, own in own }
        trustRequestID = other.trustRequestID
    }

    /// The settings of the sockets by name, which a balancer that replaces this one takes over in any case.
    package var socketTexts: [String: String] {
        ["host": host, "port": "\(port)", "cluster-port": "\(clusterPort)", "admin-port": "\(adminPort)"]
    }

    /// All settings by name, for a balancer that replaces this one.
    package var texts: [String: String] {
        let own = [
            "threads": "\(threads)", "log-level": logLevel, "insecure-bind": "\(insecureBind)",
            "drain-seconds": "\(drainSeconds)", "trust-request-id": "\(trustRequestID)",
        ]
        return options.merging(own) { _, own in own }.merging(socketTexts) { _, socket in socket }
    }

    /// The command-line options of a successor.
    package var arguments: [String] { arguments(adding: [:]) }

    /// The same, of a successor that a worker starts.
    ///
    /// - Parameter own: settings of the worker that starts it. They stand in for options that this configuration lacks.
    package func arguments(adding own: [String: String]) -> [String] {
        [
            "--host", host, "--port", "\(port)", "--cluster-port", "\(clusterPort)", "--admin-port", "\(adminPort)",
            "--threads", "\(threads)", "--log-level", logLevel, "--drain-seconds", "\(drainSeconds)",
        ] + (trustRequestID ? ["--trust-request-id"] : []) + (insecureBind ? ["--insecure-bind"] : [])
            // One word each, so that a value can't become an option. An unknown name would end the successor.
            + options.merging(own) { present, _ in present }.sorted { $0.key < $1.key }
            .filter { BalancerConfiguration.isOption($0.key, $0.value, within: [.host, .cluster]) }
            .compactMap { BalancerConfiguration.argument($0.key, $0.value) }
    }

    /// The word of an option; nil for a flag that is off.
    private static func argument(_ name: String, _ text: String) -> String? {
        guard let row = SettingTable.rows(of: .balancer)[name], case .flag(let isSet) = row.kind.value(of: text) else {
            return "--\(name)=\(text)"
        }
        return isSet ? "--\(name)" : nil
    }
}
