#if TLS
    internal import COpenSSL
    package import Sockets

    /// A TLS session over a non-blocking socket, which OpenSSL reads and writes through a `TLSSocket`.
    ///
    /// The states: handshaking; open; broken. After a fatal error OpenSSL forbids further calls, SSL_shutdown
    /// included: `isBroken` guards that. A session is never resumed on the cluster sides, so the peer's certificate
    /// was checked in this very handshake.
    package final class TLSTransport: SocketTransport {
        private let session: OpaquePointer
        private let context: TLSContext
        private let socket: TLSSocket
        private var isOpen = false
        private var isBroken = false
        /// OpenSSL holds more that can be given out than the last read took.
        private var hasMore = false
        /// How the session ended, met behind bytes that had to be given out first.
        private var ending: TransportResult?
        /// Bytes that are on their way as records, and were not reported as written since the socket has not taken all of them.
        private var unreported = 0

        /// Nil when OpenSSL has no memory for a session.
        package init?(_ descriptor: consuming FileDescriptor, context: TLSContext, host: String?) {
            let socket = TLSSocket(descriptor: descriptor.rawValue, batch: context.batch)
            guard let session = SSL_new(context.pointer) else {
                _ = OpenSSLError.drain()
                return nil
            }
            guard let bio = TLSSocketBIO.make(for: socket) else {
                SSL_free(session)
                _ = OpenSSLError.drain()
                return nil
            }
            // One for both directions: the session takes it once.
            SSL_set_bio(session, bio, bio)
            self.session = session
            self.context = context
            self.socket = socket
            super.init(descriptor)
            if let host {
                SSL_set_connect_state(session)
                expect(host: host)
            } else {
                SSL_set_accept_state(session)
            }
        }

        deinit {
            SSL_free(session)
        }

        private func expect(host: String) {
            if SocketAddress(host: host, port: 0) != nil {
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host)
            } else {
                _ = shim_ssl_set_tlsext_host_name(session, host)
                SSL_set1_host(session, host)
            }
        }

        package override var needsHandshake: Bool { !isOpen }

        package override func handshake() -> HandshakeResult {
            socket.beginReading()
            let result = SSL_do_handshake(session)
            if result == 1 {
                isOpen = true
                hasMore = SSL_has_pending(session) == 1
                return .complete
            }
            switch outcome(of: result) {
            case .wouldBlock(let direction): return .wants(direction)
            case .failed(let error): return .failed(error)
            case .endOfStream, .bytes: return .failed(.truncated)
            }
        }

        package override var peerIdentity: PeerIdentity {
            guard let certificate = SSL_get0_peer_certificate(session) else { return .anonymous }
            return PeerCertificate.identity(of: certificate)
        }

        package override func isPeerTrusted(by provider: TransportProvider) -> Bool {
            guard let provider = provider as? TLSTransportProvider, context.side != .publicServer,
                let certificate = SSL_get0_peer_certificate(session),
                let now = context.side == .clusterServer ? provider.server : provider.client
            else { return true }
            return now.trusts(certificate)
        }

        package override var negotiatedProtocol: ApplicationProtocol? {
            var name: UnsafePointer<UInt8>?
            var length: UInt32 = 0
            SSL_get0_alpn_selected(session, &name, &length)
            let bytes = UnsafeBufferPointer(start: name, count: Int(length))
            return ApplicationProtocol.allCases.first { $0.rawValue.utf8.elementsEqual(bytes) }
        }

        package override var hasBufferedInput: Bool { hasMore }

        /// As many records as have come and fit.
        package override func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> TransportResult {
            if let ending {
                self.ending = nil
                hasMore = false
                return ending
            }
            guard !isBroken, let target = buffer.baseAddress else { return .endOfStream }
            socket.beginReading()
            hasMore = false
            var total = 0
            while total < buffer.count {
                var count = 0
                let result = SSL_read_ex(session, target + total, buffer.count - total, &count)
                guard result == 1 else {
                    let outcome = outcome(of: result)
                    if total == 0 { return outcome }
                    if case .wouldBlock(.read) = outcome { return .bytes(total) }
                    ending = outcome
                    hasMore = true
                    return .bytes(total)
                }
                total += count
                if SSL_has_pending(session) == 0 && socket.isDrained { return .bytes(total) }
            }
            hasMore = SSL_has_pending(session) == 1
            return .bytes(total)
        }

        /// Writes what fits into one batch of records, and sends them at once.
        ///
        /// While the socket has not taken all of them, the content of the last one counts as not written: so whoever writes waits
        /// until it can write on. It is not encrypted again when it comes again.
        package override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
            guard !isBroken, let source = bytes.baseAddress else { return .failed(.truncated) }
            switch socket.sendUnsent() {
            case .moved: break
            case .wouldBlock: return .wouldBlock(.write)
            case .ended, .failed: return broken()
            }
            let reported = min(unreported, bytes.count)
            unreported -= reported
            let end = min(bytes.count, reported + TLSBatch.contentSize)
            var written = reported
            var last = 0
            var obstacle: TransportResult?
            socket.beginGathering()
            while written < end {
                let result = SSL_write_ex(session, source + written, end - written, &last)
                guard result == 1 else {
                    last = 0
                    obstacle = outcome(of: result)
                    break
                }
                written += last
            }
            if case .failed = socket.sendGathered() { return broken() }
            if let obstacle, written == reported { return reported > 0 ? .bytes(reported) : obstacle }
            if socket.hasUnsent {
                unreported = last
                written -= last
            }
            return written > 0 ? .bytes(written) : .wouldBlock(.write)
        }

        private func broken() -> TransportResult {
            isBroken = true
            return .failed(.system(SystemError("send", code: socket.failureCode)))
        }

        /// Fails, which changes nothing, when a record is half read or half written.
        package override func releaseBuffers() {
            if isOpen && !isBroken { _ = SSL_free_buffers(session) }
        }

        package override func closeWrite() {
            if isOpen && !isBroken {
                // 0 means that our close_notify is out and the peer's has not come: all that is wanted here.
                if SSL_shutdown(session) < 0 { _ = OpenSSLError.drain() }
            }
            super.closeWrite()
        }

        /// What a call that did not succeed means; leaves OpenSSL's error queue empty.
        private func outcome(of result: Int32) -> TransportResult {
            switch SSL_get_error(session, result) {
            case SSL_ERROR_WANT_READ: return .wouldBlock(.read)
            case SSL_ERROR_WANT_WRITE: return .wouldBlock(.write)
            case SSL_ERROR_ZERO_RETURN: return .endOfStream
            case SSL_ERROR_SYSCALL:
                isBroken = true
                _ = OpenSSLError.drain()
                return .failed(
                    socket.failureCode == 0 ? .truncated : .system(SystemError("TLS", code: socket.failureCode)))
            default:
                isBroken = true
                return .failed(describe(OpenSSLError.drain()))
            }
        }

        private func describe(_ error: OpenSSLError) -> TransportError {
            if error.has(reason: SSL_R_UNEXPECTED_EOF_WHILE_READING) { return .truncated }
            if let alert = error.alert {
                return .secure(.alert, message: "the peer refused: \(alert)")
            }
            let verdict = SSL_get_verify_result(session)
            if verdict != X509_V_OK && error.has(reason: SSL_R_CERTIFICATE_VERIFY_FAILED) {
                let reason = X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "unknown"
                let isHost = verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH
                return .secure(
                    isHost ? .hostMismatch : .peerRejected, message: "the peer's certificate is refused: \(reason)")
            }
            if error.has(reason: SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
                return .secure(
                    .peerRejected, message: "the peer showed no certificate; this port takes only nodes of the cluster")
            }
            return .secure(.other, message: error.description)
        }
    }
#endif
