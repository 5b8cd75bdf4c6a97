package import Connections
private import HTTP
package import Proxy

/// The limits of a process: the defaults, with what options say.
package struct ServiceLimits: Sendable {
    package var downstream: DownstreamLimits
    package var upstream: UpstreamLimits
    package var roster = RosterLimits()
    package var queueMilliseconds = 1000
    package var retries = 2
    package var replayBytes = 64 << 10
    /// Nil for as many as descriptors allow.
    package var connections: Int?
    package var connectionsPerSource: Int?
    package var rate: RateLimiter.Rate?

    private static let hours = 24

    /// - Parameters:
    ///   - options: texts by name, of `ConnectionOptions` and `BalancingOptions`; other names are passed over.
    ///   - isBalancer: takes requests from strangers and speaks to workers; a worker takes what a balancer has let pass.
    package init(_ options: [String: String], isBalancer: Bool) throws(CommandError) {
        downstream = isBalancer ? DownstreamLimits() : DownstreamLimits(http: .withinCluster)
        upstream = isBalancer ? UpstreamLimits(http: .withinCluster) : UpstreamLimits()
        roster.slowStartMilliseconds = isBalancer ? 10_000 : 0
        for (name, text) in options.sorted(by: { $0.key < $1.key }) { try set(name, text) }
    }

    private mutating func set(_ name: String, _ text: String) throws(CommandError) {
        switch name {
        case "handshake-timeout": downstream.handshakeMilliseconds = try Self.time(name, text)
        case "head-timeout": downstream.headMilliseconds = try Self.time(name, text)
        case "idle-timeout": downstream.idleMilliseconds = try Self.time(name, text)
        case "stall-timeout":
            downstream.stallMilliseconds = try Self.time(name, text)
            upstream.stallMilliseconds = downstream.stallMilliseconds
        case "tunnel-timeout": downstream.tunnelIdleMilliseconds = try Self.time(name, text)
        case "connect-timeout": upstream.connectMilliseconds = try Self.time(name, text)
        case "response-timeout": upstream.responseMilliseconds = try Self.time(name, text)
        case "upstream-idle-timeout": upstream.idleMilliseconds = try Self.time(name, text)
        case "max-connections": connections = try Self.count(name, text, 1...2_000_000)
        default: try setBalancing(name, text)
        }
    }

    private mutating func setBalancing(_ name: String, _ text: String) throws(CommandError) {
        switch name {
        case "max-head": downstream.http.head = try Self.bytes(name, text, (1 << 10)...(32 << 10))
        case "max-fields": downstream.http.fields = try Self.count(name, text, 1...112)
        case "max-request-line": downstream.http.requestLine = try Self.bytes(name, text, 64...(8 << 10))
        case "queue-timeout": queueMilliseconds = try Self.time(name, text)
        case "queue-size": roster.queue = try Self.count(name, text, 0...1_000_000)
        case "retries": retries = try Self.count(name, text, 0...2)
        case "retry-budget": roster.retryPercent = try Self.count(name, text, 0...100)
        case "retry-minimum": roster.retryMinimum = try Self.count(name, text, 0...1_000_000)
        case "replay-buffer": replayBytes = try Self.bytes(name, text, 0...(1 << 20))
        case "slow-start": roster.slowStartMilliseconds = Int64(try Self.time(name, text, orZero: true))
        case "max-connections-per-source": connectionsPerSource = try Self.count(name, text, 1...2_000_000)
        case "rate-limit":
            guard let rate = RateLimiter.Rate(text) else {
                throw .usage("--rate-limit \(text): use RATE or RATE:BURST, each 1 to \(RateLimiter.Rate.maximum)")
            }
            self.rate = rate
        default: break
        }
    }

    private static func time(_ name: String, _ text: String, orZero: Bool = false) throws(CommandError) -> Int {
        let least = orZero ? 0 : 1
        guard let value = OptionValue.milliseconds(text), (least...hours * 3_600_000).contains(value) else {
            throw .usage("--\(name) \(text): use a time such as 500ms, 10s, 2m or 1h, up to \(hours)h")
        }
        return value
    }

    private static func count(_ name: String, _ text: String, _ range: ClosedRange<Int>) throws(CommandError) -> Int {
        guard let value = OptionValue.count(text), range.contains(value) else {
            throw .usage("--\(name) \(text): use a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    private static func bytes(_ name: String, _ text: String, _ range: ClosedRange<Int>) throws(CommandError) -> Int {
        guard let value = OptionValue.bytes(text), range.contains(value) else {
            throw .usage(
                "--\(name) \(text): use bytes such as 8192 or 8KiB, from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
