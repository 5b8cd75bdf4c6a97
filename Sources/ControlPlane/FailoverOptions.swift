package import ArgumentParser

/// When workers miss the balancer and bring it back, as options of the balancer, which tells the workers.
package struct FailoverOptions: ParsableArguments {
    @Option(
        help: .time("Between two checks of the balancer by the first three workers, from 10ms (default: 100ms)."))
    var watchInterval: String?

    @Option(help: .number("Checks without an answer in a row that make it suspect, 1 to 100 (default: 3)."))
    var watchMisses: String?

    @Option(
        help: .time("How long others are waited for that are asked whether they miss it too (default: 100ms)."))
    var prevoteTimeout: String?

    @Option(help: .time("How much longer each worker waits than the one before it in the succession (default: 150ms)."))
    var rankDelay: String?

    @Option(help: .time("How long a new balancer may take to reign (default: 10s)."))
    var takeoverTimeout: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "watch-interval": watchInterval, "watch-misses": watchMisses, "prevote-timeout": prevoteTimeout,
            "rank-delay": rankDelay, "takeover-timeout": takeoverTimeout,
        ]
        return all.compactMapValues { $0 }
    }
}
