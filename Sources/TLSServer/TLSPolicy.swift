#if TLS
    internal import COpenSSL

    /// The negotiable parameters of a context: versions, groups, ciphers and signatures.
    ///
    /// No choice of a peer may make a handshake cost the server many times what it costs the peer. So finite-field
    /// groups are excluded: one ClientHello with ffdhe8192 costs 100 ms of a loop, and costs the client nothing.
    enum TLSPolicy {
        /// Best first: X25519 costs least.
        private static let groups = "X25519:P-256:P-384"
        /// AES-128 with SHA-256 costs least, in the handshake too, and is secure.
        private static let suites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
        /// For TLS 1.2: forward secrecy by elliptic curves, and authenticated encryption (RFC 9325, 4.2).
        private static let olderSuites = [
            "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
        ].joined(separator: ":")
        /// No SHA-1, no DSA, and no curves except NIST's and Ed25519.
        private static let signatures = [
            "ecdsa_secp256r1_sha256", "ed25519", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512",
            "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
            "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",
            "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512",
        ].joined(separator: ":")

        /// Applies the policy to a context of `side`. Returns false if OpenSSL lacks a part of it.
        static func apply(to context: OpaquePointer, side: TLSContext.Side) -> Bool {
            _ = shim_ctx_set_min_proto_version(context, side == .publicServer ? TLS1_2_VERSION : TLS1_3_VERSION)
            _ = shim_ctx_set_max_proto_version(context, TLS1_3_VERSION)
            SSL_CTX_set_options(context, shim_op_no_renegotiation | shim_op_no_compression)
            // The server selects among the client's ciphers. A client that lists ChaCha20 first has no fast AES, so it
            // gets ChaCha20.
            SSL_CTX_set_options(context, shim_op_server_preference | shim_op_prioritize_chacha)
            return SSL_CTX_set_ciphersuites(context, suites) == 1
                && SSL_CTX_set_cipher_list(context, olderSuites) == 1
                && shim_ctx_set_groups_list(context, groups) == 1
                && shim_ctx_set_sigalgs_list(context, signatures) == 1
        }
    }
#endif
