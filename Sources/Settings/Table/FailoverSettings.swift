internal import Cluster

/// Detection of a dead balancer, and its succession. The balancer sends these to its workers.
enum FailoverSettings: SettingSection {
    static func title(for program: Settings.Program) -> String { "Failover" }

    static let rows = all.only(.balancer).reaching(.cluster)

    private static let all: [Setting] = [
        .time(
            "watch-interval", \.cluster.watchFastMilliseconds, from: 10,
            "The time between two checks of the balancer by the first three workers"),
        .count(
            "watch-misses", \.cluster.watchMisses, 1...100,
            "Checks without a response in a row that make the balancer suspect"),
        .time(
            "prevote-timeout", \.cluster.prevoteTimeoutMilliseconds, from: 10,
            "The time that a worker waits for the other workers' view of the balancer"),
        .time(
            "rank-delay", \.cluster.rankDelayMilliseconds, from: 10,
            "The additional wait of each worker, after the worker before it in the succession"),
        .time(
            "takeover-timeout", \.cluster.takeoverTimeoutMilliseconds, from: 10,
            "The time limit for the start of a new balancer"),
    ]
}
