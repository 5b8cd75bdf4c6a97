package import Cluster
private import Glibc
package import Telemetry

/// The folder of a node's certificate files: what to do about a file that is not there, or that this process can't read.
///
/// A host that only runs nodes has no `ca.key`. There certs/make-certs would make a second CA, which is another cluster.
struct CertificateFolder: Sendable {
    let path: String
    let id: NodeID
    let role: Role

    /// The path of this node's certificate and key in a role, without suffix.
    func leaf(_ role: Role) -> String { "\(path)/nodes/\(id.text)/\(role.rawValue)" }

    /// The command that makes this node's certificates.
    var command: String { id.text == "balancer" ? "certs/make-certs" : "certs/make-certs node \(id.text)" }

    /// The problem with the cluster's CA file; nil if it can be read.
    var authorityProblem: String? {
        let isNodeHost = role == .worker || access("\(path)/nodes", F_OK) == 0
        return problem(
            with: "ca.pem",
            cure: isNodeHost
                ? "copy it from the folder in which certs/make-certs made it (a second CA would be another cluster)"
                : "run 'certs/make-certs' to make it")
    }

    /// The problem with this node's certificate or key in a role; nil if both can be read.
    func leafProblem(_ role: Role) -> String? { leafProblems(role).first }

    /// The problems with both.
    func leafProblems(_ role: Role) -> [String] {
        let name = "nodes/\(id.text)/\(role.rawValue)"
        return ["\(name).pem", "\(name).key"].compactMap { problem(with: $0, cure: cure(command)) }
    }

    /// The problem with the certificate or the key of the public port; nil if both can be read.
    var publicProblem: String? { publicProblems.first }

    /// The problems with both.
    var publicProblems: [String] {
        ["public.pem", "public.key"].compactMap { problem(with: $0, cure: cure("certs/make-certs")) }
    }

    /// Another user, or a group, that can exchange a file; nil if there is none. The file is used in spite of that.
    ///
    /// - Parameter files: their paths.
    func doubt(about files: [String]) -> String? {
        let trust = PathTrust.here
        return files.lazy.compactMap { trust.fault(of: $0) }.first { !$0.isRefused }?.text
    }

    private func cure(_ command: String) -> String {
        access("\(path)/ca.key", F_OK) == 0
            ? "run '\(command)' to make it" : "run '\(command)' on the host that has ca.key, and copy it from there"
    }

    /// The fault of the CA's revocation list; nil if it can be read, or if there is none.
    var revocationProblem: String? {
        access("\(path)/ca.crl", F_OK) == 0 ? problem(with: "ca.crl", cure: "") : nil
    }

    private func problem(with file: String, cure: String) -> String? {
        if access("\(path)/\(file)", R_OK) == 0 {
            guard let fault = PathTrust.here.fault(of: "\(path)/\(file)"), fault.isRefused else { return nil }
            return "\(path)/\(file) is not safe: \(fault.text)"
        }
        let code = errno
        if code == ENOENT { return "\(path)/\(file) is missing: \(cure)" }
        return "\(path)/\(file) can't be read: \(String(cString: strerror(code))): let the user of this process read it"
    }
}

extension String? {
    /// Throws the text as a mistake of the configuration.
    func refuse() throws(CommandError) {
        if let self { throw .usage(self) }
    }
}
