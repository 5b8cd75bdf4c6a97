package import Balancing
package import Cluster
package import Connections
internal import HTTP
package import Telemetry

/// Everything that a person can set for one process: the defaults, with the values that were given.
///
/// The value never changes. A loop, a connection or a request that needs a setting reads it from the value that it was
/// given. `SettingTable` describes each field.
///
/// A balancer limits what its clients and its workers do. A worker limits what its application does. Towards its balancer
/// a worker is patient: the balancer has the same limits itself, and a slow client is no fault of the worker.
package struct Settings: Sendable {
    package enum Program: String, Sendable, CaseIterable { case balancer, worker }

    package let program: Program
    /// The texts of the settings that were given, by name. Successors get them.
    package internal(set) var given: [String: String] = [:]
    /// The origins of the given settings, by name.
    package internal(set) var origins: [String: SettingOrigin] = [:]
    /// The source of the settings.
    var source = Source()

    // Process.
    package var host: String
    package var port: UInt16
    package var clusterPort: UInt16 = 7000
    package var adminPort: UInt16 = 9000
    var id: NodeID?
    package var certificatesFolder = "certs/generated"
    package var stateFolder: String?
    var threads: Int?
    package var logLevel = "info"
    /// `off`, `-` or an absolute path.
    package var accessLog = "off"
    package var metricsAddress: MetricsAddress?
    package var accessLogFields = AccessLogFields()
    package var logFormat = LogFormat.text.rawValue
    package var drainSeconds = 30
    package var trustsRequestID = false
    package var bindsInsecurely = false
    package var configurationFile: String?
    package var replaces = false

    package var worker = WorkerSettings()
    package var coordinator = CoordinatorSettings()

    // Limits.
    /// `acceptedLimits` completes them.
    var downstream: DownstreamLimits
    /// Nil for the time of the drain.
    var tunnelDrainMilliseconds: Int?
    package var upstream: UpstreamLimits
    package var loadBalancer = LoadBalancerLimits()
    /// Table rows write health checks, failover and the largest capacity. Everything else has its default.
    package var cluster = ClusterSettings()
    package var policy = PolicySetting.fewest
    package var requests = RequestLimits()
    /// Nil for the share that `DescriptorShares` computes.
    package var connections: Int?
    /// Nil for the share that `DescriptorShares` computes.
    package var workers: Int?
    package var connectionsPerSource: Int?
    package var rate: RateLimiter.Rate?
    /// Bytes for all clients together.
    package var memoryBytes = 128 << 20

    /// The defaults of a program.
    package init(_ program: Program) {
        self.program = program
        switch program {
        case .balancer:
            host = "::"
            port = 8000
            downstream = DownstreamLimits()
            upstream = UpstreamLimits(http: .withinCluster)
            loadBalancer.slowStartMilliseconds = cluster.slowStartMilliseconds
        case .worker:
            let day = SettingKind.dayMilliseconds
            host = "127.0.0.1"
            port = 8001
            downstream = DownstreamLimits(http: .withinCluster)
            downstream.stallMilliseconds = day
            downstream.streamMilliseconds = day
            downstream.tunnelIdleMilliseconds = day
            downstream.tunnelHalfClosedMilliseconds = day
            downstream.slowestBytesPerSecond = 0
            upstream = UpstreamLimits()
            upstream.streamMilliseconds = day
        }
    }

    /// The node's name, which is also its folder under `nodes/`.
    package var nodeID: NodeID {
        let fallback = program == .balancer ? "balancer" : "worker-\(port)"
        guard let nodeID = id ?? NodeID(fallback) else { preconditionFailure("\(fallback) is a node name") }
        return nodeID
    }

    package var threadCount: Int { threads ?? Executable.coreCount }
}

/// The settings that only a worker has.
package struct WorkerSettings: Sendable {
    /// HOST:PORT of the cluster port; several with commas between.
    package var balancers = "127.0.0.1:7000"
    package var sharedFile = "write_file.txt"
    /// The URL of the application behind the worker; nil serves the built-in tasks.
    package var application: String?
    package var offer = WorkerOffer()
    package var neverStandsIn = false
    package var acrossHosts = false
    package var needsNoQuorum = false
    package var takeoverCommand: String?

    // Health of the application.
    /// The path that health checks ask for; nil checks only whether the application accepts connections.
    package var healthPath: String?
    /// The host that health checks name; nil for that of the application's URL.
    package var healthHost: String?
    package var healthStatuses = StatusRange(200...399)
    package var healthTimeoutMilliseconds = 1000
}

extension Settings {
    /// The limits of accepted connections.
    ///
    /// A tunnel has nearly the whole time of a drain. The rest is for its end in order, before the process ends.
    package var acceptedLimits: DownstreamLimits {
        var limits = downstream
        let drain = drainSeconds * 1000
        limits.tunnelDrainMilliseconds = tunnelDrainMilliseconds ?? max(1, drain - min(1000, drain / 4))
        return limits
    }
}

/// Fields of the table that stand for several stored fields.
extension Settings {
    /// At a balancer for clients and workers; at a worker for the application only.
    var stallMilliseconds: Int {
        get { upstream.stallMilliseconds }
        set {
            upstream.stallMilliseconds = newValue
            if program == .balancer { downstream.stallMilliseconds = newValue }
        }
    }

    /// At a balancer for clients and workers; at a worker for the application only.
    var streamMilliseconds: Int {
        get { upstream.streamMilliseconds }
        set {
            upstream.streamMilliseconds = newValue
            if program == .balancer { downstream.streamMilliseconds = newValue }
        }
    }

    /// At a balancer the limits of requests; at a worker those of the application's responses.
    var messages: HTTPLimits {
        get { program == .balancer ? downstream.http : upstream.http }
        set { if program == .balancer { downstream.http = newValue } else { upstream.http = newValue } }
    }

    /// The load balancer and the cluster core both reckon with it.
    var slowStartMilliseconds: Int64 {
        get { cluster.slowStartMilliseconds }
        set {
            cluster.slowStartMilliseconds = newValue
            loadBalancer.slowStartMilliseconds = newValue
        }
    }
}
