internal import Balancing
internal import Cluster
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Proxy
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// The objects of a balancer process from its start to its end, with or without a reign.
final class BalancerContext {
    /// The present settings.
    private(set) var settings: Settings
    /// The configuration of a successor, made from `settings`.
    private(set) var configuration: BalancerConfiguration
    let directory: StateDirectory
    let loop: EventLoop
    let disk: DiskThread
    let log = Logger(label: "balancer")
    /// The start of the process, in the loop's time.
    let startedAt: UInt64
    /// The certificates in use. A reload replaces them.
    var certificates: NodeCertificates
    let loadBalancer: LoadBalancer
    private(set) var policy: ProxyPolicy
    /// TLS of the control loop: probes, and questions to other hosts.
    let clusterProvider: TransportProvider
    /// TLS towards the store of several hosts.
    let storeProvider: TransportProvider
    let probes: ProbeClients
    let snapshots: SnapshotReader
    /// The lock domain; nil if the state directory can't be given a name.
    let lockDomain: LockDomain?
    let shares: DescriptorShares
    let takeovers = TakeoverClock()
    /// The disk thread has a write of the settings.
    private var isWriting = false
    /// The facts of the reign for operators; those of a process without a reign are empty.
    private(set) var reign = ReignFacts(host: "", address: "", since: 0)

    init(settings: Settings, directory: StateDirectory) throws(CommandError) {
        self.settings = settings
        configuration = BalancerConfiguration(settings)
        self.directory = directory
        policy = ProxyPolicy(
            edge: EdgeDuties(scheme: NodeCertificates.scheme, trustsRequestID: settings.trustsRequestID),
            limits: settings.requests)
        loadBalancer = LoadBalancer(
            seed: UInt64.random(in: 0...UInt64.max), policy: settings.policy, limits: settings.loadBalancer)
        shares = try DescriptorShares(
            of: DescriptorLimit.raise(), clients: settings.connections, members: settings.workers,
            loops: settings.threadCount)
        if let shortfall = shares.shortfall(clients: settings.connections, members: settings.workers) {
            log.warning("\(shortfall)")
        }
        certificates = try NodeCertificates(
            folder: settings.certificatesFolder, id: settings.nodeID, role: .balancer,
            store: StoreCertificates(settings.coordinator, clusterFolder: settings.certificatesFolder))
        clusterProvider = try certificates.makeClusterProvider()
        storeProvider = try certificates.makeStoreProvider()
        snapshots = SnapshotReader(directory: directory)
        do throws(SystemError) {
            loop = try EventLoop()
            disk = try DiskThread(directory: directory)
        } catch {
            throw .failure("\(error)")
        }
        startedAt = loop.now
        probes = ProbeClients(loop: loop, certificates: certificates, provider: clusterProvider)
        do throws(SystemError) {
            lockDomain = try directory.lockDomain()
        } catch {
            log.warning("\(directory.path) can't be given a name: workers of other hosts can't stand in: \(error)")
            lockDomain = nil
        }
    }

    var now: Instant { Instant(nanoseconds: loop.now) }

    /// Uses new settings from now on.
    func adopt(_ fresh: Settings) {
        settings = fresh
        policy.limits = fresh.requests
        policy.edge?.trustsRequestID = fresh.trustsRequestID
        configuration = BalancerConfiguration(fresh)
        loadBalancer.adopt(fresh.loadBalancer)
    }

    /// Stores the settings with which a successor starts.
    ///
    /// - Parameter completion: called once, with the error if there was one: in this turn if the disk has the settings already.
    func keepConfiguration(then completion: @escaping (SystemError?) -> Void) {
        let configuration = configuration
        guard isWriting || BalancerConfiguration.load(from: directory) != configuration else { return completion(nil) }
        isWriting = true
        disk.replace(
            StateDirectory.Name.configuration, with: { JSON.encode(configuration) }, on: loop,
            then: { [unowned self] outcome in
                if outcome != .superseded { isWriting = false }
                if case .failed(let error) = outcome { completion(error) } else { completion(nil) }
            })
    }

    /// Clients are about to be accepted.
    func accepts(under epoch: Epoch) {
        policy.epoch = epoch.value
        takeovers.accepted()
    }

    /// The reign has begun, for clients, workers and operators.
    func noteReign(_ epoch: Epoch) {
        takeovers.keep(in: directory, by: disk, on: loop, log: log)
        let address = SocketAddress(host: configuration.host, port: configuration.port)
        let url = "\(NodeCertificates.scheme)://\(address?.description ?? configuration.host)"
        reign = ReignFacts(host: MachineName.own, address: url, since: Clock.unixNanoseconds() / 1_000_000_000)
        log.notice(
            "balancer reigns",
            metadata: [
                "epoch": "\(epoch.value)", "pid": "\(getpid())",
                "public": "\(url)",
                "cluster_port": "\(configuration.clusterPort)", "admin_port": "\(configuration.adminPort)",
            ])
    }

    /// The highest epoch that a worker of this host has stored.
    var knownEpoch: Epoch { snapshots.latest()?.epoch ?? .none }
}
