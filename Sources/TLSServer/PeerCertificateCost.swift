#if TLS
    internal import COpenSSL

    /// Bounds the cost of a peer's certificates before the peer has proved that it owns the key.
    ///
    /// A stranger may send any certificates. OpenSSL accepts messages of 100 KiB, chains of a hundred, RSA keys of
    /// 16,384 bits and curves without fast code. Each costs milliseconds. A cluster's CA issues leaves with common
    /// keys, so this type accepts no others.
    enum PeerCertificateCost {
        /// The largest Certificate message in bytes. A chain of four with RSA keys of 4096 bits has 8 KiB.
        static let maximumMessageSize = 16 << 10
        /// The most certificates that a peer may send: its own and the intermediate ones.
        static let maximumCount = 4

        /// The accepted keys, as text for messages.
        static let keysTaken = "EC on P-256, P-384 or P-521, Ed25519, or RSA of 2048 to 4096 bits"

        private static let rsaBits = 2048...4096
        /// Common exponents have 17 bits. With a large exponent each verification costs as much as a signature.
        private static let mostExponentBits: Int32 = 32
        private static let curves = ["prime256v1", "secp384r1", "secp521r1"]

        /// Installs the check of every peer's certificates before OpenSSL verifies the first signature.
        static func bound(_ context: OpaquePointer) {
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_CERT_LIST, maximumMessageSize, nil)
            SSL_CTX_set_verify_depth(context, Int32(maximumCount))
            SSL_CTX_set_cert_verify_callback(context, verify, nil)
        }

        /// Returns whether the certificate has one of the keys in `keysTaken`.
        static func allowsKey(of certificate: OpaquePointer?) -> Bool {
            guard let certificate, let key = X509_get0_pubkey(certificate) else { return false }
            switch EVP_PKEY_get_base_id(key) {
            case NID_rsaEncryption, NID_rsassaPss:
                return rsaBits.contains(Int(EVP_PKEY_get_bits(key))) && hasSmallExponent(key)
            case NID_X9_62_id_ecPublicKey: return curve(of: key).map(curves.contains) ?? false
            case NID_ED25519: return true
            default: return false
            }
        }

        private static func hasSmallExponent(_ key: OpaquePointer) -> Bool {
            var exponent: OpaquePointer?
            guard EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) == 1 else { return false }
            defer { BN_free(exponent) }
            return BN_num_bits(exponent) <= mostExponentBits
        }

        private static func curve(of key: OpaquePointer) -> String? {
            var name = [CChar](repeating: 0, count: 64)
            var count = 0
            guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return nil }
            return String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        /// Returns whether the peer's certificates are within the bounds.
        fileprivate static func allows(_ store: OpaquePointer) -> Bool {
            guard allowsKey(of: X509_STORE_CTX_get0_cert(store)) else { return false }
            guard let sent = X509_STORE_CTX_get0_untrusted(store) else { return true }
            let count = shim_certificates_count(sent)
            return count <= maximumCount
                && (0..<count).allSatisfy { allowsKey(of: shim_certificates_value(sent, $0)) }
        }
    }

    /// Replaces OpenSSL's verification function, and calls it after the check.
    private func verify(_ store: OpaquePointer?, _ argument: UnsafeMutableRawPointer?) -> Int32 {
        guard let store else { return 0 }
        if PeerCertificateCost.allows(store) {
            let result = X509_verify_cert(store)
            if result != 1 { noteLapsed(store) }
            return result
        }
        _ = OpenSSLError.drain()
        X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION)
        return 0
    }

    /// Keeps the name of a certificate that is revoked or outside of its dates. The session has no other access to it.
    ///
    /// OpenSSL looks for revocations before it checks the signature, so a stranger may have written the name.
    private func noteLapsed(_ store: OpaquePointer) {
        let errors = [X509_V_ERR_CERT_REVOKED, X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID]
        guard errors.contains(X509_STORE_CTX_get_error(store)),
            let certificate = X509_STORE_CTX_get_current_cert(store),
            let session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx())
        else { return }
        TLSSecrets.session(of: OpaquePointer(session))?.lapsedCertificate = PeerCertificate.label(of: certificate)
    }
#endif
