#if TLS
    import Foundation
    import TLSServer

    /// A CA with an intermediate one, as a company has them: the CA file has the root alone, and each node sends its own
    /// certificate and that of the intermediate CA.
    struct ChainCertificates {
        let folder: String

        /// Makes the root, the intermediate CA, and the nodes `one` and `two`.
        init() throws {
            folder = try TestCertificates.scratch().path
            try write("index", "")
            try write(
                "config",
                """
                [req]
                distinguished_name = empty
                [empty]
                [ca]
                default_ca = issue
                [issue]
                database = \(folder)/index
                new_certs_dir = \(folder)
                default_md = sha256
                default_crl_days = 30
                policy = names
                rand_serial = yes
                [names]
                commonName = supplied
                [authority]
                basicConstraints = critical, CA:TRUE
                keyUsage = critical, keyCertSign, cRLSign
                subjectKeyIdentifier = hash
                [node]
                basicConstraints = critical, CA:FALSE
                keyUsage = critical, digitalSignature
                extendedKeyUsage = serverAuth, clientAuth
                authorityKeyIdentifier = keyid:always
                subjectAltName = IP:127.0.0.1, URI:spiffe://understudy/worker/${ENV::NODE}
                """)
            try issue("root", as: "authority", by: nil)
            try issue("other-root", as: "authority", by: nil)
            try issue("intermediate", as: "authority", by: "root")
            for name in ["one", "two"] {
                try issue(name, as: "node", by: "intermediate")
                try write("\(name).chain", try read("\(name).pem") + read("intermediate.pem"))
            }
        }

        func node(_ name: String) -> TLSCredentials {
            TLSCredentials(certificate: path("\(name).chain"), key: path("\(name).key"))
        }

        /// - Parameter revocations: whether the intermediate CA's list counts.
        func trust(_ authority: String = "root", revocations: Bool = false) -> TLSTrust {
            TLSTrust(authority: path("\(authority).pem"), revocations: revocations ? path("list") : nil)
        }

        func revoke(_ name: String) throws {
            try openssl(["ca", "-batch"] + signer("intermediate") + ["-revoke", path("\(name).pem")])
        }

        /// Writes the intermediate CA's list of revoked certificates.
        ///
        /// - Parameter arguments: the list's dates, if it is not a fresh one.
        func writeRevocations(_ arguments: [String] = []) throws {
            try openssl(["ca", "-batch", "-gencrl", "-out", path("list")] + signer("intermediate") + arguments)
        }

        private func issue(_ name: String, as kind: String, by authority: String?) throws {
            try openssl([
                "req", "-new", "-config", path("config"), "-subj", "/CN=\(name)", "-newkey", "ec", "-pkeyopt",
                "ec_paramgen_curve:P-256", "-nodes", "-keyout", path("\(name).key"), "-out", path("request"),
            ])
            let signer =
                authority.map(signer)
                ?? ["-config", path("config"), "-selfsign", "-keyfile", path("\(name).key")]
            try openssl(
                ["ca", "-batch", "-notext", "-in", path("request"), "-out", path("\(name).pem"), "-days", "30"]
                    + ["-extensions", kind] + signer, node: name)
        }

        private func signer(_ authority: String) -> [String] {
            ["-config", path("config"), "-cert", path("\(authority).pem"), "-keyfile", path("\(authority).key")]
        }

        private func openssl(_ arguments: [String], node: String = "none") throws {
            try TestCertificates.run(URL(filePath: "/usr/bin/env"), ["NODE=\(node)", "openssl"] + arguments)
        }

        private func path(_ name: String) -> String { folder + "/" + name }

        private func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

        private func write(_ name: String, _ text: String) throws {
            try text.write(toFile: path(name), atomically: true, encoding: .utf8)
        }
    }
#endif
