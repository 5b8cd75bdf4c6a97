package import ArgumentParser

/// The limits of connections, as options of both executables.
package struct ConnectionOptions: ParsableArguments {
    @Option(help: "TLS handshake of a peer that connects (default: 10s).")
    var handshakeTimeout: String?

    @Option(help: "A request's head, from its first byte (default: 10s).")
    var headTimeout: String?

    @Option(help: "A kept connection without a request (default: 75s).")
    var idleTimeout: String?

    @Option(help: "Content or output that makes no progress, on either side (default: 60s).")
    var stallTimeout: String?

    @Option(help: "A tunnel through which nothing passes (default: 1h).")
    var tunnelTimeout: String?

    @Option(help: "Connecting to a worker or application, with TLS (default: 3s).")
    var connectTimeout: String?

    @Option(help: "From the end of a request to the answer's head (default: 75s).")
    var responseTimeout: String?

    @Option(help: "A kept connection to a worker or application without a request (default: 60s).")
    var upstreamIdleTimeout: String?

    @Option(help: "Connections at the same time (default: by the descriptor limit, which also bounds it).")
    var maxConnections: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "handshake-timeout": handshakeTimeout, "head-timeout": headTimeout, "idle-timeout": idleTimeout,
            "stall-timeout": stallTimeout, "tunnel-timeout": tunnelTimeout, "connect-timeout": connectTimeout,
            "response-timeout": responseTimeout, "upstream-idle-timeout": upstreamIdleTimeout,
            "max-connections": maxConnections,
        ]
        return all.compactMapValues { $0 }
    }
}
