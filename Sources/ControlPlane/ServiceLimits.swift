package import Cluster
package import Connections
private import HTTP
private import HTTP2
package import Proxy

/// The limits of a process: the defaults, with what options say.
///
/// A balancer bounds what its clients do and what its workers do. A worker bounds what its application does; towards the balancer
/// it is patient, since that has limits of its own, and a slow client behind it is no fault of its.
package struct ServiceLimits: Sendable {
    package var downstream: DownstreamLimits
    package var upstream: UpstreamLimits
    package var roster = RosterLimits()
    /// Of these the health of workers and the failover.
    package var cluster = ClusterSettings()
    package var queueMilliseconds = 1000
    package var retries = 2
    package var replayBytes = 64 << 10
    /// Nil for as many as descriptors allow.
    package var connections: Int?
    /// Workers that may be members; nil for the default of `DescriptorShares`.
    package var workers: Int?
    package var connectionsPerSource: Int?
    package var rate: RateLimiter.Rate?

    private let isBalancer: Bool
    private static let day = 24 * 3_600_000

    /// - Parameters:
    ///   - options: texts by name, of the option groups; other names are passed over.
    ///   - isBalancer: takes requests from strangers and speaks to workers; a worker takes what a balancer has let pass.
    package init(_ options: [String: String], isBalancer: Bool) throws(CommandError) {
        self.isBalancer = isBalancer
        downstream = isBalancer ? DownstreamLimits() : DownstreamLimits(http: .withinCluster)
        upstream = isBalancer ? UpstreamLimits(http: .withinCluster) : UpstreamLimits()
        roster.slowStartMilliseconds = isBalancer ? 10_000 : 0
        if !isBalancer {
            downstream.stallMilliseconds = Self.day
            downstream.streamMilliseconds = Self.day
            downstream.tunnelIdleMilliseconds = Self.day
            downstream.tunnelHalfClosedMilliseconds = Self.day
            downstream.slowestBytesPerSecond = 0
            upstream.streamMilliseconds = Self.day
        }
        for (name, text) in options.sorted(by: { $0.key < $1.key }) {
            let option = Option(name: name, text: text)
            try setTime(option)
            try setMessage(option)
            try setHTTP2(option)
            try setHealth(option)
            try setFailover(option)
            try setBalancing(option)
        }
    }

    private mutating func setTime(_ option: Option) throws(CommandError) {
        switch option.name {
        case "handshake-timeout": downstream.handshakeMilliseconds = try option.time()
        case "head-timeout": downstream.headMilliseconds = try option.time()
        case "idle-timeout": downstream.idleMilliseconds = try option.time()
        case "stall-timeout":
            upstream.stallMilliseconds = try option.time()
            if isBalancer { downstream.stallMilliseconds = upstream.stallMilliseconds }
        case "stream-timeout":
            upstream.streamMilliseconds = try option.time()
            if isBalancer { downstream.streamMilliseconds = upstream.streamMilliseconds }
        case "tunnel-timeout": downstream.tunnelIdleMilliseconds = try option.time()
        case "tunnel-half-closed-timeout": downstream.tunnelHalfClosedMilliseconds = try option.time()
        case "tunnel-drain-timeout": downstream.tunnelDrainMilliseconds = try option.time()
        case "half-closed-timeout": downstream.halfClosedMilliseconds = try option.time()
        case "linger-timeout": downstream.lingerMilliseconds = try option.time()
        case "connect-timeout": upstream.connectMilliseconds = try option.time()
        case "response-timeout": upstream.responseMilliseconds = try option.time()
        case "upstream-idle-timeout": upstream.idleMilliseconds = try option.time()
        case "upstream-idle-connections": upstream.idleConnections = try option.count(0...65535)
        case "min-rate": downstream.slowestBytesPerSecond = try option.bytes(0...(1 << 20))
        default: break
        }
    }

    private mutating func setMessage(_ option: Option) throws(CommandError) {
        var http = isBalancer ? downstream.http : upstream.http
        switch option.name {
        case "max-head": http.head = try option.bytes((1 << 10)...(32 << 10))
        case "max-fields": http.fields = try option.count(1...112)
        case "max-request-line": http.requestLine = try option.bytes(64...(8 << 10))
        case "max-trailers": http.trailer = try option.bytes(16...(8 << 10))
        case "max-chunk-line": http.chunkLine = try option.bytes(16...(8 << 10))
        case "max-chunk-extensions": http.chunkExtensions = try option.bytes(16...(1 << 20))
        default: return
        }
        if isBalancer { downstream.http = http } else { upstream.http = http }
    }

    private mutating func setHTTP2(_ option: Option) throws(CommandError) {
        let many = 1_000_000
        switch option.name {
        case "http2-streams": downstream.http2.streams = try option.count(1...10_000)
        case "http2-stream-window": downstream.http2.streamWindow = try option.bytes((64 << 10)...(16 << 20))
        case "http2-connection-window": downstream.http2.connectionWindow = try option.bytes((64 << 10)...(64 << 20))
        case "http2-header-list": downstream.http2.headerList = try option.bytes((16 << 10)...(4 << 20))
        case "http2-continuations": downstream.http2.continuations = try option.count(0...1000)
        case "http2-idle-frames": downstream.http2.idleFrames = try option.count(10...many)
        case "http2-settings-frames": downstream.http2.settingsFrames = try option.count(1...many)
        case "http2-resets": downstream.http2.resets = try option.count(1...many)
        default: break
        }
    }

    private mutating func setHealth(_ option: Option) throws(CommandError) {
        switch option.name {
        case "probe-interval": cluster.probeIntervalMilliseconds = Int64(try option.time(from: 10))
        case "probe-timeout": cluster.probeTimeoutMilliseconds = Int64(try option.time(from: 10))
        case "probe-fall": cluster.fall = try option.count(1...100)
        case "probe-rise": cluster.rise = try option.count(1...100)
        case "eject-failures": cluster.requestFailuresToEject = try option.count(1...1000)
        case "eject-time": cluster.ejectionMilliseconds = Int64(try option.time(from: 10))
        case "eject-time-max": cluster.ejectionMaximumMilliseconds = Int64(try option.time(from: 10))
        case "slow-start":
            roster.slowStartMilliseconds = Int64(try option.time(from: 0))
            cluster.slowStartMilliseconds = roster.slowStartMilliseconds
        default: break
        }
    }

    private mutating func setFailover(_ option: Option) throws(CommandError) {
        switch option.name {
        case "watch-interval": cluster.watchFastMilliseconds = Int64(try option.time(from: 10))
        case "watch-misses": cluster.watchMisses = try option.count(1...100)
        case "prevote-timeout": cluster.prevoteTimeoutMilliseconds = Int64(try option.time(from: 10))
        case "rank-delay": cluster.rankDelayMilliseconds = Int64(try option.time(from: 10))
        case "takeover-timeout": cluster.takeoverTimeoutMilliseconds = Int64(try option.time(from: 10))
        default: break
        }
    }

    private mutating func setBalancing(_ option: Option) throws(CommandError) {
        switch option.name {
        case "queue-timeout": queueMilliseconds = try option.time()
        case "queue-size": roster.queue = try option.count(0...1_000_000)
        case "retries": retries = try option.count(0...2)
        case "retry-budget": roster.retryPercent = try option.count(0...100)
        case "retry-minimum": roster.retryMinimum = try option.count(0...1_000_000)
        case "replay-buffer": replayBytes = try option.bytes(0...(1 << 20))
        case "max-connections": connections = try option.count(1...2_000_000)
        case "max-workers": workers = try option.count(1...10_000)
        case "max-connections-per-source": connectionsPerSource = try option.count(1...2_000_000)
        case "rate-limit":
            guard let rate = RateLimiter.Rate(option.text) else {
                throw option.refused("RATE or RATE:BURST, each 1 to \(RateLimiter.Rate.maximum)")
            }
            self.rate = rate
        default: break
        }
    }

    /// One option as it was given.
    private struct Option {
        let name: String
        let text: String

        private static let hours = 24

        /// Milliseconds.
        func time(from least: Int = 1) throws(CommandError) -> Int {
            guard let value = OptionValue.milliseconds(text), (least...ServiceLimits.day).contains(value) else {
                let lower = least > 1 ? "from \(least)ms " : ""
                throw refused("a time such as 500ms, 10s, 2m or 1h, \(lower)up to \(Option.hours)h")
            }
            return value
        }

        func count(_ range: ClosedRange<Int>) throws(CommandError) -> Int {
            guard let value = OptionValue.count(text), range.contains(value) else {
                throw refused("a number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }

        func bytes(_ range: ClosedRange<Int>) throws(CommandError) -> Int {
            guard let value = OptionValue.bytes(text), range.contains(value) else {
                throw refused("bytes such as 8192 or 8KiB, from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }

        func refused(_ wanted: String) -> CommandError { .usage("--\(name) \(text): use \(wanted)") }
    }
}
