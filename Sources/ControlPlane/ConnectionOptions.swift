package import ArgumentParser

/// The limits of connections, as options of both executables.
package struct ConnectionOptions: ParsableArguments {
    @Option(help: .time("TLS handshake of a peer that connects (default: 10s)."))
    var handshakeTimeout: String?

    @Option(help: .time("A request's head, from its first byte (default: 10s)."))
    var headTimeout: String?

    @Option(help: .time("A kept connection without a request (default: 75s)."))
    var idleTimeout: String?

    @Option(
        help: .time(
            "Content of known length, or output, that makes no progress; at a worker only its application's (default: 60s)."
        ))
    var stallTimeout: String?

    @Option(
        help: .time(
            "Silence in content of unknown length, such as a gRPC stream or events (default: 5m; at a worker: 24h)."))
    var streamTimeout: String?

    @Option(help: .time("A tunnel through which nothing passes (default: 1h; at a worker: 24h)."))
    var tunnelTimeout: String?

    @Option(
        help: .time(
            "A tunnel through which nothing passes and one of whose directions has ended (default: 10s; at a worker: 24h)."
        ))
    var tunnelHalfClosedTimeout: String?

    @Option(help: .time("How long a tunnel may go on when the process has been told to go (default: 10s)."))
    var tunnelDrainTimeout: String?

    @Option(help: .time("The answer's head for a client that has ended its side of the connection (default: 5s)."))
    var halfClosedTimeout: String?

    @Option(help: .time("Waiting for the peer to end a connection that we have ended (default: 2s)."))
    var lingerTimeout: String?

    @Option(help: .time("Connecting to a worker or application, with TLS (default: 3s)."))
    var connectTimeout: String?

    @Option(help: .time("From the end of a request to the answer's head (default: 75s)."))
    var responseTimeout: String?

    @Option(help: .time("A kept connection to a worker or application without a request (default: 60s)."))
    var upstreamIdleTimeout: String?

    @Option(
        help: .number("Kept connections of each loop to each worker or application, 0 to 65535 (default: 256)."))
    var upstreamIdleConnections: String?

    @Option(help: .number("Connections at the same time (default: by the descriptor limit, which also bounds it)."))
    var maxConnections: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "handshake-timeout": handshakeTimeout, "head-timeout": headTimeout, "idle-timeout": idleTimeout,
            "stall-timeout": stallTimeout, "stream-timeout": streamTimeout, "tunnel-timeout": tunnelTimeout,
            "tunnel-half-closed-timeout": tunnelHalfClosedTimeout, "tunnel-drain-timeout": tunnelDrainTimeout,
            "half-closed-timeout": halfClosedTimeout, "linger-timeout": lingerTimeout,
            "connect-timeout": connectTimeout, "response-timeout": responseTimeout,
            "upstream-idle-timeout": upstreamIdleTimeout,
            "upstream-idle-connections": upstreamIdleConnections, "max-connections": maxConnections,
        ]
        return all.compactMapValues { $0 }
    }
}
