internal import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import Handover
internal import Logging
internal import Settings
internal import Sockets
internal import Storage
internal import Telemetry

/// The ports for workers and operators during a reign: the cluster port, the admin port, `admin.sock` and the handover
/// socket.
final class BalancerPorts {
    /// A worker has one connection. It has one more for a moment when it reconnects or looks for a balancer.
    private static let connectionsOfIdentity = 8
    /// Connections to `admin.sock`, of the admin port's share. A command is one request.
    private static let commandConnections = 4

    private let context: BalancerContext
    /// TLS of the cluster port's own loop.
    private let provider: TransportProvider
    private var clusterPort: ControlPort?
    private var adminPort: ControlPort?
    private var commandPort: ControlPort?
    private var metricsPort: MetricsPort?
    private(set) var handover: HandoverServer?
    /// The log line about a full cluster port.
    private var fullNotice = RepeatedNotice()

    init(context: BalancerContext) throws(CommandError) {
        self.context = context
        provider = try context.certificates.makeClusterProvider()
    }

    /// Opens all of them. The admin port reads `metrics` on its own loop.
    ///
    /// - Parameter further: the predecessor's other sockets.
    func open(
        _ listeners: Listeners, further: [FurtherListener], control: BalancerControl, commands: CommandHandler,
        feed: AdminFeed,
        handover offer: Handover,
        metrics: DataMetrics
    ) throws(SystemError) {
        try openClusterPort(listeners, control)
        let context = context
        let counts = AdminCounts(
            metrics: { BalancerMetrics.text(of: $0, metrics) }, traffic: { metrics.traffic() })
        let places = BalancerPorts.adminPlaces(
            of: context.shares, hasMetricsPort: context.settings.metricsAddress != nil)
        adminPort = try ControlPort.admin(
            listener: listeners.admin.rawValue, controlLoop: context.loop, feed: feed,
            slots: ConnectionSlots(limit: places.admin),
            // Every user of the host may connect. When the port is full, an operator still gets a connection.
            configure: { $0.closesOldestWhenFull = true }, counts: counts)
        commandPort = try ControlPort.commands(
            in: context.directory, controlLoop: context.loop,
            slots: ConnectionSlots(limit: BalancerPorts.commandConnections), log: context.log,
            perform: { commands.perform($0, reply: $1) })
        handover = try HandoverServer(
            loop: context.loop, directory: context.directory, listeners: listeners, handover: offer,
            aliveMilliseconds: Int(context.settings.cluster.watchFastMilliseconds), log: context.log)
        guard let address = context.settings.metricsAddress?.address else { return }
        let port = MetricsPort(
            on: context.loop, at: address, received: further[.metrics], log: context.log
        ) { listener throws(SystemError) in
            try ControlPort.metrics(
                listener: listener, controlLoop: context.loop, feed: feed,
                slots: ConnectionSlots(limit: places.metrics), counts: counts)
        }
        port.onOpen = { [unowned self] in handover?.add($0) }
        metricsPort = port
        port.open()
    }

    /// Divides the admin port's share: places for `admin.sock`, for other hosts (a quarter) if they get metrics, and the rest.
    private static func adminPlaces(
        of shares: DescriptorShares, hasMetricsPort: Bool
    ) -> (admin: Int, metrics: Int) {
        let metrics = hasMetricsPort ? max(2, shares.admin / 4) : 0
        return (shares.admin - commandConnections - metrics, metrics)
    }

    /// Makes views of the cluster for the admin port and for the commands of operators.
    func makeFeed(of control: BalancerControl) -> AdminFeed {
        AdminFeed(on: context.loop) { [context] in
            AdminView(
                status: control.statusReport(startedAt: context.startedAt), expiries: context.certificates.expiries,
                health: control.healthCounts, takeovers: context.takeovers.record,
                reign: context.reign)
        }
    }

    /// The data that the workers of this host get with the listeners.
    func makeHandover(epoch: Epoch, ticketKeys: [UInt8]) -> Handover {
        Handover(
            epoch: epoch, ticketKeys: ticketKeys, id: context.certificates.identity?.id,
            offersFurther: context.settings.metricsAddress != nil)
    }

    private func openClusterPort(_ listeners: Listeners, _ control: BalancerControl) throws(SystemError) {
        let shares = context.shares
        let log = context.log
        let noteFull = { @Sendable [loop = context.loop, ports = LoopBound(self)] in
            loop.post { ports.value.noteFullClusterPort() }
        }
        clusterPort = try ControlPort.cluster(
            listener: listeners.cluster.rawValue, provider: provider, controlLoop: context.loop, control: control,
            slots: ConnectionSlots(limit: shares.identities + shares.clusterArrivals), log: log
        ) { server in
            server.identities = IdentityLimiter(
                limit: shares.identities, limitOfIdentity: BalancerPorts.connectionsOfIdentity)
            server.arrivalLimits = PendingConnectionLimits(places: shares.clusterArrivals)
            server.onHandshakeFailure = { log.reportRefused($0, from: $1, at: " at the cluster port") }
            server.onFull = noteFull
        }
    }

    /// Every node has a single connection, and one more came. The log says it once a minute: nodes keep trying.
    private func noteFullClusterPort() {
        guard fullNotice.isDue(at: context.loop.now) else { return }
        context.log.warning(
            "no room for more connections of nodes: see --max-workers, and raise the limit of open files (ulimit -n) if that is less",
            metadata: ["connections": "\(context.shares.identities)"])
    }

    /// Takes certificates that were read again.
    func reload(_ fresh: TransportProvider) {
        // A parked standby has no port yet.
        if let clusterPort { clusterPort.reload(fresh) } else { provider.adopt(fresh) }
    }

    /// The successor listens to workers and operators from now on.
    func stopListening() {
        clusterPort?.stopListening()
        adminPort?.drain()
        commandPort?.stopListening()
        metricsPort?.drain()
    }

    func close() {
        clusterPort?.close()
        adminPort?.close()
        commandPort?.close()
        metricsPort?.close()
        handover?.close()
    }
}
