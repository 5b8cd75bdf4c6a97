#if TLS
    internal import COpenSSL
    private import Glibc
    package import Sockets

    /// Checks of a node's certificate that OpenSSL does not do by itself.
    ///
    /// OpenSSL matches no URI names. It accepts a certificate without an extended key usage for every purpose. This
    /// type checks both.
    package enum PeerCertificate {
        /// The longest accepted URI. SPIFFE allows 2048 bytes.
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

        /// Returns whether the subject alternative names contain this address or this full name. It accepts no
        /// wildcards and no common name.
        static func covers(_ host: String, _ certificate: OpaquePointer) -> Bool {
            if SocketAddress(host: host, port: 0) != nil { return X509_check_ip_asc(certificate, host, 0) == 1 }
            let flags = UInt32(X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
            return X509_check_host(certificate, host, host.utf8.count, flags, nil) == 1
        }

        /// The identity in a PEM certificate file; nil if the file can't be read.
        package static func identity(inFile path: String) -> PeerIdentity? {
            withCertificate(inFile: path, identity(of:))
        }

        /// The node and the serial number of a certificate, for messages: "spiffe://c/worker/w, serial 0A1B". At most 256
        /// bytes.
        static func label(of certificate: OpaquePointer) -> String {
            let name = uriNames(of: certificate).first { !$0.isEmpty }
            return "\(name.map { $0.prefix(160) } ?? "no node name"), serial \(serial(of: certificate))"
        }

        /// The same for the certificate in a file; nil if the file can't be read.
        package static func label(inFile path: String) -> String? { withCertificate(inFile: path, label(of:)) }

        /// In hexadecimal, as `openssl x509 -serial` shows it. RFC 5280 (4.1.2.2) allows 20 bytes.
        private static func serial(of certificate: OpaquePointer) -> String {
            guard let number = X509_get0_serialNumber(certificate), let bytes = ASN1_STRING_get0_data(number) else {
                return "unknown"
            }
            let count = min(Int(ASN1_STRING_length(number)), 20)
            let digits = UnsafeBufferPointer(start: bytes, count: count).map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
            return digits.joined()
        }

        /// The expiry time of the certificate in a file, in seconds since 1970; nil if the file can't be read.
        package static func expiry(inFile path: String) -> Int? {
            withCertificate(inFile: path) { seconds(of: X509_get0_notAfter($0)) } ?? nil
        }

        /// Describes a fault in the dates of the certificate in a file: "has expired", "is not yet valid", or "ends in
        /// 2 days". The last means that less than a sixth of its time is left, so the renewal does not work. Returns
        /// nil if the dates are fine or the file can't be read.
        package static func validityProblem(inFile path: String) -> String? {
            validityProblem(inFile: path, at: time(nil))
        }

        /// - Parameter now: in seconds since 1970.
        package static func validityProblem(inFile path: String, at now: Int) -> String? {
            let problem: String?? = withCertificate(inFile: path) { certificate in
                // An unreadable time counts as a past one.
                guard let end = seconds(of: X509_get0_notAfter(certificate)), end > now else { return "has expired" }
                guard let begin = seconds(of: X509_get0_notBefore(certificate)) else { return nil }
                if begin >= now { return "is not yet valid" }
                let left = end - now
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
                // Two parsers could read a name with a NUL differently. Such a name matches nothing.
                let isPlain = length <= maximumURILength && bytes.allSatisfy { (0x21...0x7E).contains($0) }
                uris.append(isPlain ? String(decoding: bytes, as: UTF8.self) : "")
            }
            return uris
        }
    }
#endif
