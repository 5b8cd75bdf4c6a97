package import Cluster
package import Connections
package import Sockets

/// The kept connections for the probes of workers, one for each worker.
///
/// A parked standby opens them in advance and keeps them warm. The probes of its reign then use established connections
/// with verified peers.
package final class ProbeClients {
    package let loop: EventLoop
    private let certificates: NodeCertificates
    package let provider: TransportProvider
    private var kept: [NodeID: Kept] = [:]

    private struct Kept {
        let incarnation: UInt64
        let caller: ControlClient
    }

    package init(loop: EventLoop, certificates: NodeCertificates, provider: TransportProvider) {
        self.loop = loop
        self.certificates = certificates
        self.provider = provider
    }

    /// The client for this start of the worker; nil if its host is no address.
    package func caller(for record: WorkerRecord) -> ControlClient? {
        if let kept = kept[record.id] {
            if kept.incarnation == record.incarnation { return kept.caller }
            kept.caller.close()
        }
        guard let caller = makeCaller(for: record) else { return nil }
        kept[record.id] = Kept(incarnation: record.incarnation, caller: caller)
        return caller
    }

    /// Keeps the connection on which this start of the worker has proved its identity. It saves a handshake for each
    /// new worker.
    package func keep(_ caller: ControlClient, for record: WorkerRecord) {
        if let known = kept[record.id] {
            if known.incarnation == record.incarnation {
                caller.close()
                return
            }
            known.caller.close()
        }
        kept[record.id] = Kept(incarnation: record.incarnation, caller: caller)
    }

    /// A client for one purpose, which its owner closes; nil if the worker's host is no address.
    package func makeCaller(for record: WorkerRecord) -> ControlClient? {
        certificates.workerEndpoint(id: record.id, host: record.host, port: record.port).map {
            ControlClient(loop: loop, endpoint: $0, provider: provider)
        }
    }

    /// Uses new certificates: every worker has to prove its identity before the next probe.
    package func reload(_ fresh: TransportProvider) {
        provider.adopt(fresh)
        for kept in kept.values { kept.caller.renew() }
    }

    /// Closes the connections to all other workers.
    package func keep(only present: Set<NodeID>) {
        for (id, kept) in kept where !present.contains(id) {
            kept.caller.close()
            self.kept[id] = nil
        }
    }

    package func close() {
        keep(only: [])
    }
}

extension NodeCertificates {
    /// The address and the expected identity of a worker; nil if its host is no address.
    package func workerEndpoint(id: NodeID, host: String, port: UInt16) -> UpstreamEndpoint? {
        guard let address = SocketAddress(host: host, port: port) else { return nil }
        let expectation = uri(of: .worker, id).map { PeerExpectation.exactly($0) } ?? .anybody
        return UpstreamEndpoint(address: address, host: host, expectation: expectation)
    }

    /// The address of a possible balancer. The peer there must show a balancer's certificate. Nil if the host is no
    /// address.
    package func balancerEndpoint(at address: BalancerAddress) -> UpstreamEndpoint? {
        guard let resolved = SocketAddress(host: address.host, port: address.port) else { return nil }
        let expectation = uriPrefix(of: .balancer).map { PeerExpectation.prefix($0) } ?? .anybody
        return UpstreamEndpoint(address: resolved, host: address.host, expectation: expectation)
    }
}
