package import Cluster
package import Connections
package import Sockets

/// The kept connections over which the workers are asked for their health, one to each.
///
/// A parked standby has them made in advance and keeps them warm; the probes of its reign then go over connections
/// that stand, and whose peers have shown who they are.
package final class ProbeCallers {
    package let loop: EventLoop
    private let certificates: NodeCertificates
    private let provider: TransportProvider
    private var kept: [NodeID: Kept] = [:]

    private struct Kept {
        let incarnation: UInt64
        let caller: KeptCaller
    }

    package init(loop: EventLoop, certificates: NodeCertificates, provider: TransportProvider) {
        self.loop = loop
        self.certificates = certificates
        self.provider = provider
    }

    /// The caller that is kept for this start of the worker; nil when its host is no address.
    package func caller(for record: WorkerRecord) -> KeptCaller? {
        if let kept = kept[record.id] {
            if kept.incarnation == record.incarnation { return kept.caller }
            kept.caller.close()
        }
        guard let caller = makeCaller(for: record) else { return nil }
        kept[record.id] = Kept(incarnation: record.incarnation, caller: caller)
        return caller
    }

    /// Keeps the connection over which this start of the worker has shown who it is: a handshake less for everyone who joins.
    package func keep(_ caller: KeptCaller, for record: WorkerRecord) {
        if let known = kept[record.id] {
            if known.incarnation == record.incarnation {
                caller.close()
                return
            }
            known.caller.close()
        }
        kept[record.id] = Kept(incarnation: record.incarnation, caller: caller)
    }

    /// A caller for one purpose, which its owner closes; nil when the worker's host is no address.
    package func makeCaller(for record: WorkerRecord) -> KeptCaller? {
        certificates.workerEndpoint(id: record.id, host: record.host, port: record.port).map {
            KeptCaller(loop: loop, endpoint: $0, provider: provider)
        }
    }

    /// Goes on with new certificates: every worker shows who it is before it is asked again.
    package func reload(_ fresh: TransportProvider) {
        provider.adopt(fresh)
        for kept in kept.values { kept.caller.renew() }
    }

    /// Closes the connections to everybody else.
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
    /// Where a worker listens and who must be found there; nil when its host is no address.
    package func workerEndpoint(id: NodeID, host: String, port: UInt16) -> UpstreamEndpoint? {
        guard let address = SocketAddress(host: host, port: port) else { return nil }
        let expectation = uri(of: .worker, id).map { PeerExpectation.exactly($0) } ?? .anybody
        return UpstreamEndpoint(address: address, host: host, expectation: expectation)
    }
}
