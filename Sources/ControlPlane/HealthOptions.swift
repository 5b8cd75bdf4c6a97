package import ArgumentParser

/// When a worker counts as ill and as well again, as options of the balancer.
package struct HealthOptions: ParsableArguments {
    @Option(help: .time("Between two probes of a worker, give or take a tenth (default: 1s)."))
    var probeInterval: String?

    @Option(help: .time("For the answer to a probe (default: 1s)."))
    var probeTimeout: String?

    @Option(help: .number("Failed probes in a row that eject a worker, 1 to 100 (default: 3)."))
    var probeFall: String?

    @Option(help: .number("Good probes in a row that bring it back, 1 to 100 (default: 2)."))
    var probeRise: String?

    @Option(help: .number("Failed requests in a row that eject a worker, 1 to 1000 (default: 5)."))
    var ejectFailures: String?

    @Option(
        help: .time("How long failed requests eject a worker the first time; n times as long the nth (default: 30s)."))
    var ejectTime: String?

    @Option(help: .time("The longest that failed requests eject a worker (default: 5m)."))
    var ejectTimeMax: String?

    package init() {}

    /// What was given, by name.
    package var given: [String: String] {
        let all = [
            "probe-interval": probeInterval, "probe-timeout": probeTimeout, "probe-fall": probeFall,
            "probe-rise": probeRise, "eject-failures": ejectFailures, "eject-time": ejectTime,
            "eject-time-max": ejectTimeMax,
        ]
        return all.compactMapValues { $0 }
    }
}
