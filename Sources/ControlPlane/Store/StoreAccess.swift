internal import Cluster
package import Connections
internal import Glibc
package import Settings
package import Sockets
package import Telemetry

/// The access of a process to the store: its members, the TLS towards them, and the user.
package struct StoreAccess {
    let members: [UpstreamEndpoint]
    let provider: TransportProvider
    let prefix: String
    let user: String?
    let passwordFile: String?

    init(
        members: [UpstreamEndpoint], provider: TransportProvider, prefix: String, user: String?, passwordFile: String?
    ) {
        self.members = members
        self.provider = provider
        self.prefix = prefix
        self.user = user
        self.passwordFile = passwordFile
    }

    /// - Parameters:
    ///   - certificates: the node's own, for the cluster's name.
    ///   - provider: makes the connections to the members. A reload gives it new certificates.
    ///   - resolver: looks up the names of members.
    package init(
        _ settings: CoordinatorSettings, certificates: NodeCertificates, provider: TransportProvider, resolver: Resolver
    ) throws(CommandError) {
        // The certificate is checked against the name or address, by OpenSSL. It need not name a node.
        members = settings.memberList.map {
            UpstreamEndpoint($0.place.destination(resolver), expectation: .anybody)
        }
        self.provider = provider
        prefix = settings.prefix ?? "/understudy/\(certificates.identity?.cluster ?? "understudy")"
        user = settings.user
        passwordFile = settings.passwordFile
        if let passwordFile { _ = try StoreAccess.password(in: passwordFile) }
    }

    /// The first line of a file that other users can't read.
    static func password(in path: String) throws(CommandError) -> String {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 == 0 else {
            throw .usage("--etcd-password-file \(path): make it a file that only its owner can read (chmod 600)")
        }
        let text = String(decoding: WholeFile.read(path) ?? [], as: UTF8.self)
        guard let line = text.split(separator: "\n").first, !line.isEmpty else {
            throw .usage("--etcd-password-file \(path): it has no password in its first line")
        }
        return String(line)
    }
}
