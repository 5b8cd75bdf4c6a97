package import ArgumentParser

/// The limits that only a balancer has, as options.
package struct BalancingOptions: ParsableArguments {
    @Option(help: .bytes("Longest request line, 64 bytes to 8KiB (default: 8KiB)."))
    var maxRequestLine: String?

    @Option(
        help: .bytes(
            "What a client has to move per second, in the long run, of content of known length and of output, up to 1MiB; 0 for no such limit (default: 240)."
        ))
    var minRate: String?

    @Option(help: .time("How long a request waits for a worker (default: 1s)."))
    var queueTimeout: String?

    @Option(help: .number("Requests that wait for a worker (default: 1024)."))
    var queueSize: String?

    @Option(help: .number("Attempts after the first, 0 to 2 (default: 2)."))
    var retries: String?

    @Option(help: .number("Retries under way, in percent of all requests, 0 to 100 (default: 20)."))
    var retryBudget: String?

    @Option(help: .number("Retries that may always be under way (default: 3)."))
    var retryMinimum: String?

    @Option(help: .bytes("Content kept for a retry, up to 1MiB (default: 64KiB)."))
    var replayBuffer: String?

    @Option(help: .time("How long a new or recovered worker takes to its full share; 0s for none (default: 10s)."))
    var slowStart: String?

    @Option(help: .number("Workers that may be members, up to 10000 (default: as many, or what descriptors allow)."))
    var maxWorkers: String?

    @Option(help: .number("Connections from one address, or IPv6 /64, at the same time (default: no limit)."))
    var maxConnectionsPerSource: String?

    @Option(
        help: ArgumentHelp(
            "Requests per second from one address, or IPv6 /64, and how many may come at once (default: no limit).",
            valueName: "rate[:burst]"))
    var rateLimit: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "max-request-line": maxRequestLine, "min-rate": minRate,
            "queue-timeout": queueTimeout, "queue-size": queueSize, "retries": retries, "retry-budget": retryBudget,
            "retry-minimum": retryMinimum, "replay-buffer": replayBuffer, "slow-start": slowStart,
            "max-workers": maxWorkers,
            "max-connections-per-source": maxConnectionsPerSource, "rate-limit": rateLimit,
        ]
        return all.compactMapValues { $0 }
    }
}
