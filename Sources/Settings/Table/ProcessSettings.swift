internal import Cluster
internal import Telemetry

/// Addresses, certificates, threads and logs.
enum ProcessSettings: SettingSection {
    static func title(for program: Settings.Program) -> String { "Process" }

    static let rows: [Setting] =
        addresses + [
            .text(
                "certs", \.certificatesFolder, .any("folder"),
                "The folder that certs/make-certs made"),
            .text(
                "state-dir", \.stateFolder, .any("folder"),
                unset: "$XDG_STATE_HOME/understudy, else ~/.local/state/understudy",
                "The folder that the balancer and the workers of one host and one cluster share"),
            .count(
                "threads", \.threads, 1...1024, unset: "one for each core",
                "Event-loop threads"
            ).reaching(.host),
            .text(
                "log-level", \.logLevel,
                .choice("level", ["trace", "debug", "info", "notice", "warning", "error", "critical"]),
                "The least important messages that are logged: trace (at present the same as debug), debug, info, notice, warning, error or critical"
            ).reaching(.host),
            .text(
                "log-format", \.logFormat, .choice("format", LogFormat.allCases.map(\.rawValue)),
                "The form of the lines of the log and of the access log: text, or json for one JSON object in each line"
            ).reaching(.host),
            accessLog.reaching(.host),
            .value(
                "access-log-fields", \.accessLogFields, valueName: "fields",
                wanted: "names with commas between them, of default, all, \(names)",
                "The fields of the access log's lines, in their order, with commas between them: default, all, \(names)"
            ).list.reaching(.host),
            .seconds(
                "drain-seconds", \.drainSeconds, 0...86_400,
                "The time limit for requests in progress after SIGTERM"
            ).reaching(.cluster).live,
            .flag(
                "trust-request-id", \.trustsRequestID,
                "Keep the X-Request-Id of a client instead of making one for each request"
            ).only(.balancer).reaching(.cluster).live,
            .flag(
                "insecure-bind", \.bindsInsecurely,
                "Plain build only: listen on --host although nothing is encrypted"
            ).reaching(.host),
            .text(
                "config", \.configurationFile, .any("file"), unset: "none",
                "A file of settings. The command line has precedence"
            ).reaching(.commandLine),
            .flag(
                "replace", \.replaces,
                "Take over from the running balancer of --state-dir, which then ends. Settings that are not given stay as they are; with --config those that are not in the file get their defaults"
            ).only(.balancer).reaching(.commandLine),
        ]

    private static let metricsHelp =
        "An address that serves /metrics, and nothing else, to other hosts: plain HTTP, without authentication."
        + " Without a port it is \(MetricsAddress.defaultPort)"

    private static let names = AccessLogField.allCases.map(\.rawValue).joined(separator: ", ")

    private static let addresses: [Setting] = [
        .count("port", \.port, 1...65_535, "The public port, for clients").only(.balancer).reaching(.cluster),
        .count(
            "port", \.port, 1...65_535, "The port for the balancer. It must differ from the balancer's own ports"
        ).only(.worker),
        .text(
            "host", \.host, .any("address"),
            "The address of the public port and the cluster port. :: is every address of the host, IPv4 included"
        ).only(.balancer).reaching(.host),
        .text(
            "host", \.host, .any("address"), "The address to listen on. The balancer connects to it"
        ).only(.worker),
        .count(
            "cluster-port", \.clusterPort, 1...65_535, "The port for the workers, over mutual TLS"
        ).only(.balancer).reaching(.cluster),
        .count(
            "admin-port", \.adminPort, 1...65_535,
            "The port for the page, /status and /metrics: plain HTTP, on 127.0.0.1 only"
        ).only(.balancer).reaching(.cluster),
        .value(
            "metrics-host", \.metricsAddress, valueName: "address",
            wanted: "an IP address, with a port or without, such as 10.0.0.5:9001 or [::]:9001", unset: "none",
            metricsHelp
        ).only(.balancer).reaching(.host),
        identifier("The folder under nodes/ whose balancer certificate is used", unset: "balancer").only(.balancer),
        identifier(
            "The worker's name, and the folder under nodes/ whose worker certificate is used", unset: "worker-PORT"
        ).only(.worker),
    ]

    private static func identifier(_ help: String, unset: String) -> Setting {
        .value(
            "id", \.id, valueName: "name",
            wanted: "1 to 63 of a-z 0-9 . and -, beginning with a letter or a digit", unset: unset, help)
    }

    /// A successor has another working directory, so the path is stored as an absolute one.
    private static let accessLog = Setting(
        "access-log", .text(.any("file")),
        "Where a line for each request goes: off, - for standard output, or a file",
        store: { if case .text(let path) = $1 { $0.accessLog = AccessLog.absolute(path) } },
        load: { .text($0.accessLog) },
        copy: { $0.accessLog = $1.accessLog })
}

extension NodeID: TextValue {}
extension AccessLogFields: TextValue {}
