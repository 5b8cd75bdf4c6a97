#if TLS
    internal import COpenSSL
    internal import Sockets

    /// OpenSSL's part of a connection: the handshake, and the records of connections that stay with OpenSSL.
    ///
    /// After a fatal error OpenSSL forbids further calls, including SSL_shutdown. `isBroken` prevents them.
    final class TLSSession {
        let pointer: OpaquePointer
        private let socket: TLSSocket
        private var isBroken = false
        private(set) var alertsSent = 0
        /// OpenSSL holds more input than the last read returned.
        private(set) var hasBufferedInput = false
        /// The end of the session, found behind bytes that have to be returned first.
        private var ending: TransportResult?
        /// The certificate that failed the verification, if it is revoked or outside of its dates.
        var lapsedCertificate: String?
        /// The known secrets of the records after the handshake.
        var secrets = TLSSecrets()

        /// Fails if OpenSSL has no memory for a session.
        init?(context: TLSContext, socket: TLSSocket, host: String?) {
            guard let pointer = SSL_new(context.pointer) else {
                _ = OpenSSLError.drain()
                return nil
            }
            guard let bio = TLSSocketBIO.make(for: socket) else {
                SSL_free(pointer)
                _ = OpenSSLError.drain()
                return nil
            }
            // The same BIO serves both directions. The session takes one reference.
            SSL_set_bio(pointer, bio, bio)
            self.pointer = pointer
            self.socket = socket
            TLSSecrets.collect(for: self)
            if let host {
                SSL_set_connect_state(pointer)
                expect(host: host)
            } else {
                SSL_set_accept_state(pointer)
                socket.helloBound = ClientHelloBound()
            }
        }

        deinit {
            SSL_free(pointer)
            secrets.erase()
        }

        private func expect(host: String) {
            if SocketAddress(host: host, port: 0) != nil {
                X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), host)
            } else {
                _ = shim_ssl_set_tlsext_host_name(pointer, host)
                SSL_set1_host(pointer, host)
            }
        }

        /// The server's first flight has left. In TLS 1.3 it ends with Finished. A HelloRetryRequest does not count,
        /// because it cost nothing yet.
        var hasAnswered: Bool {
            secrets.isFinished || (socket.hasSent && SSL_version(pointer) < TLS1_3_VERSION)
        }

        func handshake() -> HandshakeResult {
            if hasAnswered { socket.helloBound = nil }
            socket.beginReading()
            secrets.listen(on: pointer)
            let result = SSL_do_handshake(pointer)
            if result == 1 { return .complete }
            let outcome = outcome(of: result)
            if socket.refusal == .helloTooLarge { sendDecodeError() }
            switch outcome {
            case .wouldBlock(let direction): return .wants(direction)
            case .failed(let error): return .failed(error)
            case .endOfStream, .bytes: return .failed(.truncated)
            }
        }

        /// OpenSSL has not seen the bytes that the socket rejected. There are no keys yet, so the alert is unencrypted.
        private func sendDecodeError() {
            let alert: [UInt8] = [ContentType.alert.rawValue, 3, 3, 0, 2, 2, Alert.decodeError.rawValue]
            _ = alert.withUnsafeBytes { socket.send($0) }
        }

        /// The most alerts that a server sends to a client that continues.
        static let mostWarnings = 4

        /// Called for each sent alert. The only alert that ends nothing refuses a renegotiation (TLS 1.2). OpenSSL
        /// would answer any number of such requests in the same turn of the loop.
        func alertPassed() {
            alertsSent += 1
            if alertsSent > TLSSession.mostWarnings { socket.refusal = .renegotiation }
        }

        /// Makes this session the record layer of the connection.
        func keepRecords() {
            socket.helloBound = nil
            // One read(2) returns many records. During the handshake OpenSSL must not read beyond it.
            shim_ssl_set_read_ahead(pointer, 1)
            hasBufferedInput = SSL_has_pending(pointer) == 1 || !socket.receivedBytes.isEmpty
        }

        var negotiatedProtocol: ApplicationProtocol? {
            var name: UnsafePointer<UInt8>?
            var length: UInt32 = 0
            SSL_get0_alpn_selected(pointer, &name, &length)
            let bytes = UnsafeBufferPointer(start: name, count: Int(length))
            return ApplicationProtocol.allCases.first { $0.rawValue.utf8.elementsEqual(bytes) }
        }

        /// Valid after the handshake. `TLSContext` permits these two versions only.
        var negotiatedTLS: NegotiatedTLS {
            NegotiatedTLS(
                version: SSL_version(pointer) >= TLS1_3_VERSION ? .tls13 : .tls12,
                isResumed: SSL_session_reused(pointer) == 1)
        }

        /// Translates the result of an unsuccessful call, and empties OpenSSL's error queue.
        private func outcome(of result: Int32) -> TransportResult {
            switch SSL_get_error(pointer, result) {
            case SSL_ERROR_WANT_READ: return .wouldBlock(.read)
            case SSL_ERROR_WANT_WRITE: return .wouldBlock(.write)
            case SSL_ERROR_ZERO_RETURN: return .endOfStream
            case SSL_ERROR_SYSCALL:
                isBroken = true
                _ = OpenSSLError.drain()
                if let refusal = socket.refusal { return .failed(describe(refusal)) }
                return .failed(
                    socket.failureCode == 0 ? .truncated : .system(SystemError("TLS", code: socket.failureCode)))
            default:
                isBroken = true
                let error = OpenSSLError.drain()
                return .failed(socket.refusal.map(describe) ?? describe(error))
            }
        }

        private func describe(_ refusal: TLSSocket.Refusal) -> TransportError {
            switch refusal {
            case .helloTooLarge:
                .secure(.other, message: "the peer's ClientHello is larger than \(ClientHelloBound.maximumSize) bytes")
            case .renegotiation: .secure(.other, message: "the peer asks again and again for a renegotiation")
            }
        }

        private func describe(_ error: OpenSSLError) -> TransportError {
            if error.has(reason: SSL_R_UNEXPECTED_EOF_WHILE_READING) { return .truncated }
            if let alert = error.alert {
                return .secure(.alert, message: "the peer refused: \(alert)")
            }
            let verdict = SSL_get_verify_result(pointer)
            if verdict != X509_V_OK && error.has(reason: SSL_R_CERTIFICATE_VERIFY_FAILED) {
                let reason =
                    verdict == X509_V_ERR_APPLICATION_VERIFICATION
                    ? "it, or one that came with it, has a key that is not \(PeerCertificateCost.keysTaken), or too many came"
                    : X509_verify_cert_error_string(verdict).map { String(cString: $0) } ?? "unknown"
                if let lapsedCertificate {
                    return .secure(
                        .lapsed, message: "the peer's certificate is refused: \(reason) (\(lapsedCertificate))")
                }
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

    extension TLSSession: TLSRecordLayer {
        func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
            switch read(into: scratch) {
            case .bytes(let count): .bytes(UnsafeBufferPointer(rebasing: scratch[..<count]))
            case .wouldBlock(let direction): .wouldBlock(direction)
            case .endOfStream: .endOfStream
            case .failed(let error): .failed(error)
            }
        }

        private func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> TransportResult {
            if let ending {
                self.ending = nil
                hasBufferedInput = false
                return ending
            }
            guard !isBroken, let target = buffer.baseAddress else { return .endOfStream }
            socket.beginReading()
            hasBufferedInput = false
            var total = 0
            while total < buffer.count {
                var count = 0
                let result = SSL_read_ex(pointer, target + total, buffer.count - total, &count)
                guard result == 1 else {
                    let outcome = outcome(of: result)
                    if total == 0 { return outcome }
                    if case .wouldBlock(.read) = outcome { return .bytes(total) }
                    ending = outcome
                    hasBufferedInput = true
                    return .bytes(total)
                }
                total += count
                if SSL_has_pending(pointer) == 0 && socket.isDrained { return .bytes(total) }
            }
            hasBufferedInput = SSL_has_pending(pointer) == 1
            return .bytes(total)
        }

        func seal(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> TransportResult {
            guard !isBroken else { return .failed(.truncated) }
            let content = first.isEmpty ? second : first
            var count = 0
            let result = SSL_write_ex(pointer, content.baseAddress, content.count, &count)
            return result == 1 ? .bytes(count) : outcome(of: result)
        }

        func sealCloseNotify() {
            guard !isBroken, SSL_get_shutdown(pointer) & SSL_SENT_SHUTDOWN == 0 else { return }
            // 0 means that close_notify was sent and the peer's has not arrived. That is enough here.
            if SSL_shutdown(pointer) < 0 { _ = OpenSSLError.drain() }
        }

        /// This fails without effect if a record is partly read or partly written.
        func releaseBuffers() {
            if !isBroken { _ = SSL_free_buffers(pointer) }
        }
    }
#endif
