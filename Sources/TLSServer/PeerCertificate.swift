#if TLS
    internal import COpenSSL
    private import Glibc
    package import Sockets

    /// What a node's certificate says beyond what OpenSSL checks by itself.
    ///
    /// OpenSSL matches no URI names, and lets a certificate without an extended key usage pass every purpose: both
    /// are looked at here.
    package enum PeerCertificate {
        /// The longest URI that is looked at; SPIFFE allows 2048 bytes.
        private static let maximumURILength = 2048

        static func identity(of certificate: OpaquePointer) -> PeerIdentity {
            if let problem = usageProblem(of: certificate) { return .unusable(problem) }
            let uris = uriNames(of: certificate)
            switch uris.count {
            case 0: return .unusable("the certificate names no node: it has no URI among its subject alternative names")
            case 1: return .uri(uris[0])
            default:
                return .unusable(
                    "the certificate has \(uris.count) URIs among its subject alternative names; one is allowed")
            }
        }

        /// The identity in a certificate file, PEM; nil when it can't be read.
        package static func identity(inFile path: String) -> PeerIdentity? {
            withCertificate(inFile: path, identity(of:))
        }

        /// When the certificate in a file ends, in seconds since 1970; nil when it can't be read.
        package static func expiry(inFile path: String) -> Int? {
            withCertificate(inFile: path) { seconds(of: X509_get0_notAfter($0)) } ?? nil
        }

        /// What is wrong with the dates of the certificate in a file ("has expired", "is not yet valid", "ends in 2 days": less than
        /// a sixth of its time is left, so nobody renews it); nil when nothing is, or when it can't be read.
        package static func validityProblem(inFile path: String) -> String? {
            let problem: String?? = withCertificate(inFile: path) { certificate in
                // 0 stands for an unreadable time, which is as bad as a past one.
                if X509_cmp_current_time(X509_get0_notAfter(certificate)) <= 0 { return "has expired" }
                if X509_cmp_current_time(X509_get0_notBefore(certificate)) >= 0 { return "is not yet valid" }
                guard let begin = seconds(of: X509_get0_notBefore(certificate)),
                    let end = seconds(of: X509_get0_notAfter(certificate))
                else { return nil }
                let left = end - time(nil)
                if left >= (end - begin) / 6 { return nil }
                return "ends in \(left < 2 * 86_400 ? "\(left / 3600) hours" : "\(left / 86_400) days")"
            }
            return problem ?? nil
        }

        private static func seconds(of time: UnsafePointer<ASN1_TIME>?) -> Int? {
            var parts = tm()
            guard ASN1_TIME_to_tm(time, &parts) == 1 else { return nil }
            return timegm(&parts)
        }

        private static func withCertificate<Result>(inFile path: String, _ body: (OpaquePointer) -> Result) -> Result? {
            guard OpenSSLLibrary.isReady, let file = BIO_new_file(path, "r") else {
                _ = OpenSSLError.drain()
                return nil
            }
            defer { BIO_free(file) }
            guard let certificate = PEM_read_bio_X509(file, nil, nil, nil) else {
                _ = OpenSSLError.drain()
                return nil
            }
            defer { X509_free(certificate) }
            return body(certificate)
        }

        private static func usageProblem(of certificate: OpaquePointer) -> String? {
            guard let decoded = X509_get_ext_d2i(certificate, NID_ext_key_usage, nil, nil) else {
                return "the certificate has no extended key usage; a node needs serverAuth and clientAuth"
            }
            let usages = OpaquePointer(decoded)
            defer { EXTENDED_KEY_USAGE_free(usages) }
            var wanted: Set<Int32> = [NID_server_auth, NID_client_auth]
            for index in 0..<shim_oids_count(usages) {
                wanted.remove(OBJ_obj2nid(shim_oids_value(usages, index)))
            }
            return wanted.isEmpty
                ? nil : "the certificate's extended key usage lacks serverAuth or clientAuth; a node needs both"
        }

        private static func uriNames(of certificate: OpaquePointer) -> [String] {
            guard let decoded = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
            let names = OpaquePointer(decoded)
            defer { GENERAL_NAMES_free(names) }
            var uris: [String] = []
            for index in 0..<shim_general_names_count(names) {
                guard let name = shim_general_names_value(names, index), name.pointee.type == GEN_URI,
                    let text = name.pointee.d.uniformResourceIdentifier, let start = ASN1_STRING_get0_data(text)
                else { continue }
                let length = Int(ASN1_STRING_length(text))
                let bytes = UnsafeBufferPointer(start: start, count: length)
                // A NUL inside could make two readers see two names: such a name matches nothing.
                let isPlain = length <= maximumURILength && bytes.allSatisfy { (0x21...0x7E).contains($0) }
                uris.append(isPlain ? String(decoding: bytes, as: UTF8.self) : "")
            }
            return uris
        }
    }
#endif
