internal import ControlPlane
internal import Sockets
internal import Telemetry

/// Certificates of a balancer that were read again, with the transports made of them. Made on the disk thread.
///
/// All or nothing. New connections get the new ones. Every worker shows its certificate before its next request. Connections of
/// clients stay. Those of nodes that lost trust are cut.
struct CertificateReload: Sendable {
    typealias PlaneReading = @Sendable (NodeCertificates) throws(CommandError) -> [DataPlane.Providers]

    let certificates: NodeCertificates
    private let cluster: LoopBound<TransportProvider>
    private let port: LoopBound<TransportProvider>
    private let store: LoopBound<TransportProvider>
    /// Those of each loop for clients; empty before there are such loops.
    let plane: [DataPlane.Providers]

    private init(of present: NodeCertificates, _ readPlane: PlaneReading?) throws(CommandError) {
        certificates = try present.readAgain()
        cluster = LoopBound(try certificates.makeClusterProvider())
        port = LoopBound(try certificates.makeClusterProvider())
        store = LoopBound(try certificates.makeStoreProvider())
        plane = try readPlane?(certificates) ?? []
    }

    /// - Parameter use: called on the control loop.
    static func reading(
        of present: NodeCertificates, _ readPlane: PlaneReading?, then use: @escaping (CertificateReload) -> Void
    ) -> CertificateWatch.Reading {
        let use = LoopBound(use)
        return { () throws(CommandError) in
            let fresh = try CertificateReload(of: present, readPlane)
            return LoopBound { use.value(fresh) }
        }
    }

    func use(in context: BalancerContext, _ ports: BalancerPorts, _ plane: DataPlane?) {
        context.certificates = certificates
        ports.reload(port.value)
        context.probes.reload(cluster.value)
        context.storeProvider.adopt(store.value)
        plane?.reload(self.plane)
    }
}
