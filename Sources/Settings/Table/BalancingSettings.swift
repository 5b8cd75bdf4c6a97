internal import Balancing
internal import Cluster
internal import Connections

/// Load balancing, and limits of clients.
enum BalancingSettings: SettingSection {
    static func title(for program: Settings.Program) -> String { "Load balancing, and limits of clients" }

    static let rows = (balancing + clients).only(.balancer).reaching(.cluster) + worker.only(.worker)

    private static let worker: [Setting] = [
        .bytes(
            "memory-limit", \.memoryBytes, (16 << 20)...(1 << 40),
            "Memory for the content of all requests in progress"
        ).live
    ]

    private static let balancing: [Setting] = [
        .value(
            "balance", \.policy, valueName: "policy",
            wanted:
                "fewest, two-choices, round-robin, hash:header=NAME, hash:cookie=NAME, sticky or sticky:cookie=NAME",
            "The load-balancing policy: fewest, two-choices, round-robin, hash:header=NAME, hash:cookie=NAME or sticky[:cookie=NAME]"
        ),
        .time("queue-timeout", \.requests.queueMilliseconds, "The time that a request waits for a worker").live,
        .count("queue-size", \.loadBalancer.queue, 0...1_000_000, "Requests that wait for a worker").live,
        .count("retries", \.requests.retries, 0...2, "Attempts after the first").live,
        .count(
            "retry-budget", \.loadBalancer.retryPercent, 0...100, "Retries in progress, in percent of all requests"
        ).live,
        .count(
            "retry-minimum", \.loadBalancer.retryMinimum, 0...1_000_000,
            "Retries in progress that are always allowed"
        ).live,
        .bytes(
            "replay-buffer", \.requests.replayBytes, 0...(1 << 20), "Content of a request that is kept for a retry"
        ).live,
        .time(
            "slow-start", \.slowStartMilliseconds, from: 0,
            "The time until a new or recovered worker has its full share; 0s for none"),
        .count(
            "max-workers", \.workers, 1...10_000, unset: "10000, or fewer by the descriptor limit",
            "Workers of the cluster"),
        .count(
            "max-capacity", \.cluster.maximumCapacity, 1...WorkerOffer.maximumCapacity,
            "The largest --capacity of a worker that counts"
        ).live,
    ]

    private static let clients: [Setting] = [
        .bytes(
            "min-rate", \.downstream.slowestBytesPerSecond, 0...(1 << 20),
            "Bytes per second that a client must move in the long run; 0 for no limit"
        ).live,
        .count(
            "max-connections-per-source", \.connectionsPerSource, 1...2_000_000, unset: "no limit",
            "Connections at the same time from one address, or IPv6 /64"),
        .bytes(
            "memory-limit", \.memoryBytes, (16 << 20)...(1 << 40),
            "Memory for all clients together. One address may have half of it"
        ).live,
        .value(
            "rate-limit", \.rate, valueName: "rate[:burst]",
            wanted: "RATE or RATE:BURST, each 1 to \(RateLimiter.Rate.maximum)", unset: "no limit",
            "Requests per second from one address, or IPv6 /64, and how many may come at once"
        ).live,
    ]
}

extension PolicySetting: TextValue {}
extension RateLimiter.Rate: TextValue {}
