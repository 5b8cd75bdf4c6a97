#if TLS
    internal import COpenSSL

    /// The certificates of a peer whose handshake is complete: its own, and the others that it sent.
    ///
    /// A CA file may have the root alone. Then only the intermediate certificates that the peer sent lead from its own
    /// to the root, so a later judgement needs them as much as the handshake did.
    final class PeerChain {
        /// The peer's own certificate.
        let leaf: OpaquePointer
        /// The certificates as the peer sent them; nil if its own came alone. OpenSSL keeps the leaf among them only in a
        /// client's session.
        private let sent: OpaquePointer?

        /// Fails if the peer sent no certificate.
        init?(of session: OpaquePointer) {
            guard let leaf = SSL_get1_peer_certificate(session) else { return nil }
            self.leaf = leaf
            let sent = SSL_get_peer_cert_chain(session)
            self.sent = sent.flatMap { shim_certificates_count($0) > 0 ? X509_chain_up_ref($0) : nil }
        }

        deinit {
            X509_free(leaf)
            shim_certificates_free(sent)
        }

        /// Returns whether `context` would accept these certificates in a handshake now, but without regard to dates. An
        /// expired certificate is no reason to close a connection: its owner may have a newer one.
        func isTrusted(by context: TLSContext) -> Bool {
            guard let store = SSL_CTX_get_cert_store(context.pointer), let check = X509_STORE_CTX_new() else {
                return false
            }
            defer { X509_STORE_CTX_free(check) }
            guard X509_STORE_CTX_init(check, store, leaf, sent) == 1, adoptRules(of: context, for: check) else {
                _ = OpenSSLError.drain()
                return false
            }
            let isTrusted = X509_verify_cert(check) == 1
            if !isTrusted { _ = OpenSSLError.drain() }
            return isTrusted
        }

        /// The rules by which OpenSSL verifies a peer in a handshake: the purpose of the peer's side, the depth, and the
        /// security level. `X509_STORE_CTX_init` has taken the flags of the store, which demand a CRL.
        private func adoptRules(of context: TLSContext, for check: OpaquePointer) -> Bool {
            let purpose = context.side == .clusterClient ? "ssl_server" : "ssl_client"
            guard X509_STORE_CTX_set_default(check, purpose) == 1, let rules = X509_STORE_CTX_get0_param(check),
                X509_VERIFY_PARAM_set1(rules, SSL_CTX_get0_param(context.pointer)) == 1
            else { return false }
            X509_VERIFY_PARAM_set_auth_level(rules, SSL_CTX_get_security_level(context.pointer))
            return X509_VERIFY_PARAM_set_flags(rules, UInt(X509_V_FLAG_NO_CHECK_TIME)) == 1
        }
    }
#endif
