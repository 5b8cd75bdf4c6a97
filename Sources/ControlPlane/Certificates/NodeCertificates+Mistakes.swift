package import Cluster
private import Glibc

#if TLS
    internal import Sockets
    internal import TLSServer
#endif

extension NodeCertificates {
    /// Everything that is wrong with the files of a node, for a check before its start: one line each, with the file, the fault
    /// and the cure.
    ///
    /// A start ends at the first fault, and takes certificates that have expired. Peers and clients refuse those.
    package static func mistakes(folder: String, id: NodeID, role: Role) -> [String] {
        mistakes(folder: folder, id: id, role: role, at: time(nil))
    }

    /// - Parameter now: in seconds since 1970.
    static func mistakes(folder: String, id: NodeID, role: Role, at now: Int) -> [String] {
        #if TLS
            let place = CertificateFolder(path: folder, id: id, role: role)
            let leaf = place.leaf(role)
            var lines = [place.authorityProblem, place.revocationProblem].compactMap { $0 }
            let isAuthorityUsable = lines.isEmpty
            let leafProblems = place.leafProblems(role)
            lines += leafProblems
            if leafProblems.isEmpty {
                lines += faults(of: leaf, cure: "run '\(place.command)' to make it anew", at: now)
                if let fault = nameFault(of: "\(leaf).pem", in: place) { lines.append(fault) }
                if lines.isEmpty, isAuthorityUsable {
                    // The rest is a fault of the CA or of its list.
                    let trial = try? NodeCertificates(folder: folder, id: id, role: role)
                    if let fault = message(of: { _ = try trial?.makeClusterProvider() }) { lines.append(fault) }
                }
            }
            if role == .balancer {
                let publicProblems = place.publicProblems
                lines += publicProblems
                if publicProblems.isEmpty {
                    lines += faults(
                        of: "\(folder)/public", cure: "run certs/make-certs, or renew it where it comes from", at: now)
                }
            }
            return lines
        #else
            return []
        #endif
    }

    #if TLS
        /// The faults of a certificate and its key: the dates, the pair, the access of others.
        private static func faults(of path: String, cure: String, at now: Int) -> [String] {
            var lines: [String] = []
            // One that ends soon is not wrong yet; the log of the process warns of it.
            if let fault = PeerCertificate.validityProblem(inFile: "\(path).pem", at: now), !fault.hasPrefix("ends in")
            {
                lines.append("\(path).pem \(fault): \(cure), or set the clock")
            }
            let pair = TLSCredentials(certificate: "\(path).pem", key: "\(path).key")
            let fault = message { _ = try TLSContext(side: .publicServer, credentials: pair, trust: nil) }
            if let fault { lines.append(fault) }
            return lines
        }

        /// The fault of the name in a node's certificate; nil if it is that of the node.
        private static func nameFault(of file: String, in place: CertificateFolder) -> String? {
            let wanted = "for \(place.role.rawValue) \(place.id.text)"
            let cure = "run '\(place.command)' to make it anew"
            guard case .uri(let uri)? = PeerCertificate.identity(inFile: file), let identity = NodeIdentity(uri: uri)
            else { return "\(file) has no node's name, so it is not \(wanted): \(cure)" }
            if identity.role == place.role, identity.id == place.id { return nil }
            return "\(file) is for \(identity.uri), not \(wanted): \(cure)"
        }

        private static func message(of action: () throws -> Void) -> String? {
            do {
                try action()
                return nil
            } catch {
                return "\(error)"
            }
        }
    #endif
}
