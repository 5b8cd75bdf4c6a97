package import Cluster
private import Glibc
package import Sockets

#if TLS
    internal import TLSServer
#endif

/// The files that `certs/make-certs` makes, and the transports that come of them. In the plain build: no files, plain
/// sockets.
package struct NodeCertificates: Sendable {
    /// The folder with `ca.pem`, `public.pem` and `nodes/`.
    package let folder: String
    package let id: NodeID
    package let role: Role
    /// Who this node is by its certificate; nil in the plain build.
    package let identity: NodeIdentity?

    /// Whether this build speaks TLS.
    package static var isSecure: Bool {
        #if TLS
            true
        #else
            false
        #endif
    }

    /// `https` or `http`.
    package static var scheme: StaticString { isSecure ? "https" : "http" }

    /// Looks at the node's certificate; whether it is valid by date is the peers' business, but worth a warning.
    package init(folder: String, id: NodeID, role: Role) throws(CommandError) {
        self.folder = folder
        self.id = id
        self.role = role
        #if TLS
            try NodeCertificates.require("\(folder)/ca.pem", command: "certs/make-certs")
            let leaf = "\(folder)/nodes/\(id.text)/\(role.rawValue)"
            let command = id.text == "balancer" ? "certs/make-certs" : "certs/make-certs node \(id.text)"
            try NodeCertificates.require("\(leaf).pem", command: command)
            try NodeCertificates.require("\(leaf).key", command: command)
            // A certificate that names nobody is told so by the peers; it still has to be sent to them.
            if case .uri(let uri)? = PeerCertificate.identity(inFile: "\(leaf).pem") {
                identity = NodeIdentity(uri: uri)
            } else {
                identity = nil
            }
            // A balancer that every worker refuses would hold the ports and serve nobody. A worker finds out by itself.
            if role == .balancer, let identity, identity.role != role || identity.id != id {
                throw .usage(
                    "\(leaf).pem is for \(identity.uri), not for balancer \(id.text): run '\(command)' to make it anew")
            }
        #else
            identity = nil
        #endif
    }

    /// The same node's files as they are now. Who it is and to which cluster it belongs stays the same as long as it runs.
    package func readAgain() throws(CommandError) -> NodeCertificates {
        let fresh = try NodeCertificates(folder: folder, id: id, role: role)
        guard fresh.identity == identity else {
            throw .usage("\(leaf).pem is for \(fresh.identity?.uri ?? "nobody"), not for \(identity?.uri ?? "nobody")")
        }
        return fresh
    }

    /// Every file that a process of this node reads, whether it is there or not.
    package var files: [String] {
        #if TLS
            let own = ["\(folder)/ca.pem", "\(folder)/ca.crl", "\(leaf).pem", "\(leaf).key"]
            return role == .balancer ? own + ["\(folder)/public.pem", "\(folder)/public.key"] : own
        #else
            return []
        #endif
    }

    /// When the certificates that are in the files end, in seconds since 1970, by their paths below the folder.
    package var expiries: [(file: String, seconds: Int)] {
        #if TLS
            files.filter { $0.hasSuffix(".pem") }.compactMap { path in
                PeerCertificate.expiry(inFile: path).map { (String(path.dropFirst(folder.count + 1)), $0) }
            }
        #else
            []
        #endif
    }

    /// The path of the certificate and the key of this node in its role, without suffix.
    private var leaf: String { "\(folder)/nodes/\(id.text)/\(role.rawValue)" }

    /// Whether this node also has what it takes to start a balancer.
    package var mayStandIn: Bool {
        #if TLS
            access("\(folder)/nodes/\(id.text)/balancer.pem", R_OK) == 0
                && access("\(folder)/nodes/\(id.text)/balancer.key", R_OK) == 0
                && access("\(folder)/public.pem", R_OK) == 0 && access("\(folder)/public.key", R_OK) == 0
        #else
            true
        #endif
    }

    /// A line about a certificate that peers refuse by its dates, or soon will; nil when all is well.
    package var validityWarning: String? {
        #if TLS
            return PeerCertificate.validityProblem(inFile: "\(leaf).pem").map {
                "\(leaf).pem \($0): run certs/make-certs node \(id.text), or set the clock"
            }
        #else
            return nil
        #endif
    }

    /// What a peer of the given role and name must show.
    package func uri(of role: Role, _ id: NodeID) -> String? {
        identity.flatMap { NodeIdentity(cluster: $0.cluster, role: role, id: id) }?.uri
    }

    /// What any peer of the given role begins with.
    package func uriPrefix(of role: Role) -> String? {
        identity.map { "spiffe://\($0.cluster)/\(role.rawValue)/" }
    }

    // MARK: Transports, made anew for each loop

    /// Both sides of the cluster: for its ports and for our connections to them.
    ///
    /// - Parameters:
    ///   - serving: what accepted connections may speak, best first.
    ///   - calling: what connections that we make speak.
    package func makeClusterProvider(
        serving: [ApplicationProtocol] = [.http1], calling: ApplicationProtocol = .http1
    ) throws(CommandError) -> TransportProvider {
        #if TLS
            let credentials = TLSCredentials(certificate: "\(leaf).pem", key: "\(leaf).key")
            let revocations = "\(folder)/ca.crl"
            let trust = TLSTrust(
                authority: "\(folder)/ca.pem", revocations: access(revocations, R_OK) == 0 ? revocations : nil)
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
    /// - Parameter serving: what they may speak, best first.
    package func makePublicProvider(
        serving: [ApplicationProtocol], ticketKeys: [UInt8]
    ) throws(CommandError) -> TransportProvider {
        #if TLS
            for file in ["public.pem", "public.key"] {
                try NodeCertificates.require("\(folder)/\(file)", command: "certs/make-certs")
            }
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

    private static func require(_ path: String, command: String) throws(CommandError) {
        guard access(path, F_OK) == 0 else { throw .usage("\(path) is missing: run '\(command)' to make it") }
    }
}
