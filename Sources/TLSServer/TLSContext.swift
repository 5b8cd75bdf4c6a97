#if TLS
    internal import COpenSSL
    package import Sockets

    /// An SSL_CTX: certificates, keys and settings for the sessions of one loop.
    ///
    /// OpenSSL takes locks if threads share a context, so every loop has its own.
    package final class TLSContext {
        /// The purpose of a context.
        package enum Side: Sendable {
            /// HTTPS for all clients: TLS 1.2 and 1.3, no client certificate, session tickets.
            case publicServer
            /// The cluster port and the workers' ports: TLS 1.3, with a required certificate. There is no resumption,
            /// because it skips the check of the client's certificate.
            case clusterServer
            /// Connections to the cluster port and to workers.
            case clusterClient
        }

        /// The size of `ticketKeys` in bytes: a name, a MAC key and a cipher key.
        package static let ticketKeysSize = 80

        let pointer: OpaquePointer
        let workspace = TLSWorkspace()
        private let protocols: ProtocolList
        package let side: Side
        /// The context that has replaced this one; nil while this one is in use.
        private var successor: TLSContext?

        /// - Parameters:
        ///   - credentials: certificate chain and key, PEM.
        ///   - trust: the cluster's CA; required for the cluster sides, ignored for the public one.
        ///   - protocols: the protocols to select from or to offer, best first. Without a common one the handshake
        ///     ends. A client that offers none is accepted.
        ///   - ticketKeys: 80 random bytes that all public contexts share, so that a client resumes on any loop.
        package init(
            side: Side, credentials: TLSCredentials, trust: TLSTrust?,
            protocols: [ApplicationProtocol] = [.http1], ticketKeys: [UInt8] = []
        ) throws(TLSConfigurationError) {
            let method = side == .clusterClient ? TLS_client_method() : TLS_server_method()
            guard OpenSSLLibrary.isReady, let pointer = SSL_CTX_new(method) else {
                throw TLSConfigurationError("OpenSSL can't make a context: \(OpenSSLError.drain())")
            }
            self.pointer = pointer
            self.side = side
            self.protocols = ProtocolList(protocols)
            guard TLSPolicy.apply(to: pointer, side: side) else {
                throw TLSConfigurationError("OpenSSL lacks a group, cipher or signature: \(OpenSSLError.drain())")
            }
            TLSSecrets.prepare(pointer)
            configureResumption(ticketKeys: ticketKeys)
            configureBuffers()
            if side == .clusterClient { self.protocols.offer(on: pointer) } else { self.protocols.choose(on: pointer) }
            try load(credentials)
            if side != .publicServer {
                guard let trust else { throw TLSConfigurationError("the cluster side needs the cluster's CA") }
                try load(trust)
            }
        }

        deinit {
            SSL_CTX_free(pointer)
        }

        /// New connections use `fresh` now. A handshake in progress keeps this context.
        func wasReplaced(by fresh: TLSContext?) { successor = fresh }

        /// The context that new connections use instead of this one; nil while they use this one.
        var replacement: TLSContext? {
            var latest = successor
            while let next = latest?.successor { latest = next }
            return latest
        }

        private func configureResumption(ticketKeys: [UInt8]) {
            _ = shim_ctx_set_session_cache_mode(pointer, Int(SSL_SESS_CACHE_OFF))
            // Without a session id context OpenSSL refuses to resume sessions of clients with a certificate.
            let name = Array("understudy".utf8)
            SSL_CTX_set_session_id_context(pointer, name, UInt32(name.count))
            if side == .publicServer {
                // OpenSSL would send two tickets after a full handshake. The second costs 6 % of the handshake. It
                // helps only clients that open two connections at the same moment.
                SSL_CTX_set_num_tickets(pointer, 1)
                if ticketKeys.count == TLSContext.ticketKeysSize {
                    var keys = ticketKeys
                    _ = shim_ctx_set_ticket_keys(pointer, &keys, keys.count)
                }
            } else {
                SSL_CTX_set_options(pointer, shim_op_no_ticket)
                SSL_CTX_set_num_tickets(pointer, 0)
                SSL_CTX_set_max_early_data(pointer, 0)
            }
        }

        private func configureBuffers() {
            // Partial writes: the caller keeps the rest. Moving buffer: the rest may have another address at the next
            // call. OpenSSL keeps its buffers between records; an idle connection frees them
            // (`TLSTransport.releaseBuffers`). No automatic chain: the certificate file has the whole chain, and
            // OpenSSL would search for more in each handshake.
            let mode =
                SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN
            _ = shim_ctx_set_mode(pointer, Int(mode))
        }

        private func load(_ credentials: TLSCredentials) throws(TLSConfigurationError) {
            try credentials.check()
            guard SSL_CTX_use_certificate_chain_file(pointer, credentials.certificate) == 1 else {
                throw TLSConfigurationError(
                    "\(credentials.certificate): no usable certificate: \(OpenSSLError.drain())")
            }
            try loadKey(credentials.key, of: credentials.certificate)
            guard SSL_CTX_check_private_key(pointer) == 1 else {
                throw TLSConfigurationError("\(credentials.key) is not the key of \(credentials.certificate)")
            }
            // No other node would accept this key.
            guard side == .publicServer || PeerCertificateCost.allowsKey(of: SSL_CTX_get0_certificate(pointer)) else {
                throw TLSConfigurationError(
                    "\(credentials.certificate): a node's key has to be \(PeerCertificateCost.keysTaken)")
            }
        }

        private func loadKey(_ path: String, of certificate: String) throws(TLSConfigurationError) {
            // OpenSSL would ask for a passphrase at the terminal, and this thread would wait for an answer.
            var needsPassphrase = false
            let isLoaded = withUnsafeMutablePointer(to: &needsPassphrase) { asked in
                SSL_CTX_set_default_passwd_cb_userdata(pointer, asked)
                defer { SSL_CTX_set_default_passwd_cb_userdata(pointer, nil) }
                SSL_CTX_set_default_passwd_cb(pointer) { _, _, _, asked in
                    asked?.assumingMemoryBound(to: Bool.self).pointee = true
                    return -1
                }
                return SSL_CTX_use_PrivateKey_file(pointer, path, SSL_FILETYPE_PEM) == 1
            }
            if isLoaded { return }
            let error = OpenSSLError.drain()
            if TLSCredentials(certificate: certificate, key: path).isLeafMisplaced {
                throw TLSConfigurationError(
                    "\(certificate): the certificates are in the wrong order: put the leaf first, which is the certificate of \(path)"
                )
            }
            guard !needsPassphrase else {
                throw TLSConfigurationError(
                    "\(path) has a passphrase, and there is nobody to ask for it: store the key without one (openssl pkey)"
                )
            }
            // OpenSSL compares a key with the certificate while it reads the key.
            guard !"\(error)".contains("mismatch") else {
                throw TLSConfigurationError(
                    "\(path) is not the key of \(certificate): copy both from the place where they were made")
            }
            throw TLSConfigurationError("\(path): no usable key: \(error)")
        }

        private func load(_ trust: TLSTrust) throws(TLSConfigurationError) {
            guard SSL_CTX_load_verify_file(pointer, trust.authority) == 1,
                let store = SSL_CTX_get_cert_store(pointer)
            else { throw TLSConfigurationError("\(trust.authority): no usable CA: \(OpenSSLError.drain())") }
            SSL_CTX_set_client_CA_list(pointer, SSL_load_client_CA_file(trust.authority))
            if let revocations = trust.revocations {
                guard let lookup = X509_STORE_add_lookup(store, X509_LOOKUP_file()),
                    X509_load_crl_file(lookup, revocations, X509_FILETYPE_PEM) > 0
                else { throw TLSConfigurationError("\(revocations): no usable CRL: \(OpenSSLError.drain())") }
                X509_STORE_set_flags(store, UInt(X509_V_FLAG_CRL_CHECK))
            }
            SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
            PeerCertificateCost.bound(pointer)
        }
    }
#endif
