internal import Connections

/// Limits of connections.
enum ConnectionSettings: SettingSection {
    static func title(for program: Settings.Program) -> String { "Connections" }

    static let rows = ((accepted + tunnels + made).live + total).reaching(.cluster)

    private static let accepted: [Setting] = [
        .time("handshake-timeout", \.downstream.handshakeMilliseconds, "TLS handshake of a peer that connects"),
        .time("head-timeout", \.downstream.headMilliseconds, "A request's head, from its first byte"),
        .time("idle-timeout", \.downstream.idleMilliseconds, "An idle keep-alive connection"),
        .time(
            "stall-timeout", \.stallMilliseconds, "No progress of content with a known length, or of output"
        ).only(.balancer),
        .time(
            "stall-timeout", \.stallMilliseconds,
            "No progress of the application's content with a known length, or of output to the application"
        ).only(.worker),
        .time(
            "stream-timeout", \.streamMilliseconds,
            "Silence in content of unknown length, such as a gRPC stream or server-sent events"),
        .time(
            "half-closed-timeout", \.downstream.halfClosedMilliseconds,
            "The response's head for a client that ended its side of the connection"),
        .time(
            "linger-timeout", \.downstream.lingerMilliseconds,
            "Silence of a peer that still sends after its response, or has to end a connection"),
        .time(
            "linger-time", \.downstream.lingerTotalMilliseconds,
            "The same in total, while the peer still sends"),
        .bytes(
            "linger-bytes", \.downstream.lingerBytes, 0...(1 << 40),
            "The bytes that this process reads and drops of such a peer"),
    ]

    /// The descriptors are divided at the start.
    private static let total: [Setting] = [
        .count(
            "max-connections", \.connections, 1...2_000_000, unset: "from the descriptor limit",
            "Connections at the same time. The descriptor limit bounds it too")
    ]

    private static let tunnels: [Setting] = [
        .time("tunnel-timeout", \.downstream.tunnelIdleMilliseconds, "A tunnel without traffic"),
        .time(
            "tunnel-half-closed-timeout", \.downstream.tunnelHalfClosedMilliseconds,
            "A tunnel without traffic after one of its directions ended"),
        .time(
            "tunnel-drain-timeout", \.tunnelDrainMilliseconds, unset: "the drain, less its last second",
            "A tunnel after SIGTERM"),
    ]

    private static let made: [Setting] = [
        .time(
            "connect-timeout", \.upstream.connectMilliseconds, "A connect to a worker or an application, with TLS"),
        .time(
            "response-timeout", \.upstream.responseMilliseconds,
            "The time from the end of a request to the head of its response"),
        .time(
            "upstream-idle-timeout", \.upstream.idleMilliseconds,
            "An idle connection to a worker or an application"),
        .count(
            "upstream-idle-connections", \.upstream.idleConnections, 0...65_535,
            "Idle connections of each thread to each worker or application"),
    ]
}
