package import Cluster
private import Glibc
package import Sockets
package import Telemetry

#if TLS
    internal import TLSServer
#endif

/// The files of `certs/make-certs`, and their transports. In the plain build there are no files, and the sockets are
/// plain.
package struct NodeCertificates: Sendable {
    private let place: CertificateFolder
    /// Nil without a store that is reached by TLS.
    private let store: StoreCertificates?
    /// The identity in this node's certificate; nil in the plain build.
    package let identity: NodeIdentity?
    /// The expiry times of the certificates in use, in seconds since 1970, by their paths below the
    /// folder, or their whole paths.
    package private(set) var expiries: [(file: String, seconds: Int)] = []

    /// The folder with `ca.pem`, `public.pem` and `nodes/`.
    package var folder: String { place.path }
    package var id: NodeID { place.id }
    package var role: Role { place.role }

    /// This build uses TLS.
    package static var isSecure: Bool {
        #if TLS
            true
        #else
            false
        #endif
    }

    /// `https` or `http`.
    package static var scheme: StaticString { isSecure ? "https" : "http" }

    /// Checks the node's certificate. Its dates cause only a warning, because the peers check them.
    package init(
        folder: String, id: NodeID, role: Role, store: StoreCertificates? = nil
    ) throws(CommandError) {
        self.store = store
        place = CertificateFolder(path: folder, id: id, role: role)
        #if TLS
            try place.authorityProblem.refuse()
            try place.leafProblem(role).refuse()
            let leaf = place.leaf(role)
            // The peers report a certificate without a node name. It still has to be sent to them.
            if case .uri(let uri)? = PeerCertificate.identity(inFile: "\(leaf).pem") {
                identity = NodeIdentity(uri: uri)
            } else {
                identity = nil
            }
            // Every worker would refuse such a balancer, and it would hold the ports without serving. A worker learns
            // about its own certificate from the balancer.
            if role == .balancer, let identity, identity.role != role || identity.id != id {
                throw .usage(
                    "\(leaf).pem is for \(identity.uri), not for balancer \(id.text): run '\(place.command)' to make it anew"
                )
            }
        #else
            identity = nil
        #endif
        // Read once: the control loop shows them every second to each page, and a disk may be slow.
        expiries = readExpiries()
    }

    /// The present files of the same node. Its name and its cluster must not change while it runs.
    package func readAgain() throws(CommandError) -> NodeCertificates {
        let fresh = try NodeCertificates(folder: folder, id: id, role: role, store: store)
        guard fresh.identity == identity else {
            throw .usage("\(leaf).pem is for \(fresh.identity?.uri ?? "nobody"), not for \(identity?.uri ?? "nobody")")
        }
        return fresh
    }

    /// Every file that a process of this node reads, whether it exists or not.
    package var files: [String] {
        #if TLS
            let own = ["\(folder)/ca.pem", "\(folder)/ca.crl", "\(leaf).pem", "\(leaf).key"]
            let forClients = role == .balancer ? ["\(folder)/public.pem", "\(folder)/public.key"] : []
            return own + forClients + (store?.files.filter { $0 != own[0] } ?? [])
        #else
            return []
        #endif
    }

    private func readExpiries() -> [(file: String, seconds: Int)] {
        #if TLS
            files.filter { $0.hasSuffix(".pem") }.compactMap { path in
                let label = path.hasPrefix(folder + "/") ? String(path.dropFirst(folder.count + 1)) : path
                return PeerCertificate.expiry(inFile: path).map { (label, $0) }
            }
        #else
            []
        #endif
    }

    /// The path of the certificate and the key of this node in its role, without suffix.
    private var leaf: String { place.leaf(role) }

    /// Names the balancer's file that this node lacks, and the remedy; nil if the node has all of them.
    package var standInProblem: String? {
        #if TLS
            place.leafProblem(.balancer) ?? place.publicProblem
        #else
            nil
        #endif
    }

    /// The command that makes this node's certificates.
    package var command: String { place.command }

    /// The file of this node's certificate, with the name and the serial number in it; nil in the plain build.
    package var ownLabel: String? {
        #if TLS
            PeerCertificate.label(inFile: "\(leaf).pem").map { "\(leaf).pem (\($0))" }
        #else
            nil
        #endif
    }

    /// A line for each certificate that peers or clients reject because of its dates, or soon will. One more line if
    /// other users can exchange the files.
    package var warnings: [String] { warnings(at: time(nil)) }

    /// - Parameter now: in seconds since 1970.
    package func warnings(at now: Int) -> [String] {
        #if TLS
            var lines: [String] = []
            if let problem = PeerCertificate.validityProblem(inFile: "\(leaf).pem", at: now) {
                lines.append("\(leaf).pem \(problem): run \(place.command), or set the clock")
            }
            let publicFile = "\(folder)/public.pem"
            if role == .balancer, let problem = PeerCertificate.validityProblem(inFile: publicFile, at: now) {
                let cure = "run certs/make-certs, or renew it where it comes from, or set the clock"
                lines.append("\(publicFile), the certificate for clients, \(problem): \(cure)")
            }
            lines += store?.warnings(at: now) ?? []
            if let doubt = place.doubt(about: files) { lines.append(doubt) }
            return lines
        #else
            return []
        #endif
    }

    /// The required URI of a peer with this role and name.
    package func uri(of role: Role, _ id: NodeID) -> String? {
        identity.flatMap { NodeIdentity(cluster: $0.cluster, role: role, id: id) }?.uri
    }

    /// The required beginning of the URI of a peer with this role.
    package func uriPrefix(of role: Role) -> String? {
        identity.map { "spiffe://\($0.cluster)/\(role.rawValue)/" }
    }

    // MARK: Transports, one set for each loop

    /// Both sides of the cluster: its ports, and outgoing connections to them.
    ///
    /// - Parameters:
    ///   - serving: the protocols of accepted connections, best first.
    ///   - calling: the protocols of outgoing connections.
    package func makeClusterProvider(
        serving: [ApplicationProtocol] = [.http1], calling: ApplicationProtocol = .http1
    ) throws(CommandError) -> TransportProvider {
        #if TLS
            let credentials = TLSCredentials(certificate: "\(leaf).pem", key: "\(leaf).key")
            let revocations = "\(folder)/ca.crl"
            try place.revocationProblem.refuse()
            let trust = TLSTrust(
                authority: "\(folder)/ca.pem",
                // A list that can't be read must not count as no list.
                revocations: access(revocations, F_OK) == 0 ? revocations : nil)
            do throws(TLSConfigurationError) {
                return TLSTransportProvider(
                    server: try TLSContext(
                        side: .clusterServer, credentials: credentials, trust: trust, protocols: serving),
                    client: try TLSContext(
                        side: .clusterClient, credentials: credentials, trust: trust, protocols: [calling]))
            } catch {
                throw .usage(error.description)
            }
        #else
            return TransportProvider()
        #endif
    }

    /// HTTPS for the clients.
    ///
    /// - Parameter serving: the protocols, best first.
    package func makePublicProvider(
        serving: [ApplicationProtocol], ticketKeys: [UInt8]
    ) throws(CommandError) -> TransportProvider {
        #if TLS
            try place.publicProblem.refuse()
            let credentials = TLSCredentials(certificate: "\(folder)/public.pem", key: "\(folder)/public.key")
            do throws(TLSConfigurationError) {
                let server = try TLSContext(
                    side: .publicServer, credentials: credentials, trust: nil, protocols: serving,
                    ticketKeys: ticketKeys)
                return TLSTransportProvider(server: server, client: nil)
            } catch {
                throw .usage(error.description)
            }
        #else
            return TransportProvider()
        #endif
    }

    /// The client's side towards the members of the store. Without a store, or if the store has no TLS, the sockets are plain.
    package func makeStoreProvider() throws(CommandError) -> TransportProvider {
        try store?.makeProvider() ?? TransportProvider()
    }
}
