package import Settings
package import Sockets
package import Telemetry

#if TLS
    internal import TLSServer
#endif

/// The files with which a node proves itself to the store, and those with which the store proves itself to the node.
package struct StoreCertificates: Sendable {
    /// `--etcd-certs`: the folder with `client.pem` and `client.key`.
    private let folder: String
    /// The CA of the store.
    private let authority: String

    /// Nil if the node has no store, or reaches it without TLS.
    ///
    /// - Parameter clusterFolder: `--certs`, whose CA is the default.
    package init?(_ settings: CoordinatorSettings, clusterFolder: String) {
        guard settings.kind == .etcd, settings.memberList.contains(where: \.isSecure) else { return nil }
        folder = settings.certificatesFolder ?? ""
        authority = settings.authority ?? "\(clusterFolder)/ca.pem"
    }

    var files: [String] { ["\(folder)/client.pem", "\(folder)/client.key", authority] }

    /// A line about a certificate that the store rejects because of its dates, or soon will.
    ///
    /// - Parameter now: in seconds since 1970.
    func warnings(at now: Int) -> [String] {
        #if TLS
            let file = "\(folder)/client.pem"
            guard let problem = PeerCertificate.validityProblem(inFile: file, at: now) else { return [] }
            return [
                "\(file), the certificate for the store, \(problem): run certs/make-certs etcd NAME, or set the clock"
            ]
        #else
            return []
        #endif
    }

    /// For the connections to the members.
    func makeProvider() throws(CommandError) -> TransportProvider {
        #if TLS
            let credentials = TLSCredentials(certificate: "\(folder)/client.pem", key: "\(folder)/client.key")
            let trust = TLSTrust(authority: authority, revocations: nil)
            do throws(TLSConfigurationError) {
                return TLSTransportProvider(
                    server: nil,
                    client: try TLSContext(
                        side: .clusterClient, credentials: credentials, trust: trust, protocols: [.http1]))
            } catch {
                throw .usage("--etcd-certs: \(error.description)")
            }
        #else
            throw .usage("this build has no TLS: it reaches the store by http:// only")
        #endif
    }
}
