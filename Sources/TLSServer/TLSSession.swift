#if TLS
    internal import COpenSSL
    internal import Sockets

    /// OpenSSL's side of a connection: the handshake, and the records of those that stay with OpenSSL.
    ///
    /// After a fatal error OpenSSL forbids further calls, SSL_shutdown included: `isBroken` guards that.
    final class TLSSession {
        let pointer: OpaquePointer
        private let socket: TLSSocket
        private var isBroken = false
        /// OpenSSL holds more that can be given out than the last read took.
        private(set) var hasBufferedInput = false
        /// How the session ended, met behind bytes that had to be given out first.
        private var ending: TransportResult?
        /// What the records after the handshake are made with, as far as it is known.
        var secrets = TLSSecrets()

        /// Nil when OpenSSL has no memory for a session.
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
            // One for both directions: the session takes it once.
            SSL_set_bio(pointer, bio, bio)
            self.pointer = pointer
            self.socket = socket
            TLSSecrets.collect(for: self)
            if let host {
                SSL_set_connect_state(pointer)
                expect(host: host)
            } else {
                SSL_set_accept_state(pointer)
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

        func handshake() -> HandshakeResult {
            socket.beginReading()
            secrets.listen(on: pointer)
            let result = SSL_do_handshake(pointer)
            if result == 1 { return .complete }
            switch outcome(of: result) {
            case .wouldBlock(let direction): return .wants(direction)
            case .failed(let error): return .failed(error)
            case .endOfStream, .bytes: return .failed(.truncated)
            }
        }

        /// From now on this looks after the records of the connection.
        func keepRecords() {
            // One read(2) takes many records; in the handshake OpenSSL must not take what comes after it.
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

        /// What a call that did not succeed means; leaves OpenSSL's error queue empty.
        private func outcome(of result: Int32) -> TransportResult {
            switch SSL_get_error(pointer, result) {
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
            let verdict = SSL_get_verify_result(pointer)
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
            // 0 means that our close_notify is made and the peer's has not come: all that is wanted here.
            if SSL_shutdown(pointer) < 0 { _ = OpenSSLError.drain() }
        }

        /// Fails, which changes nothing, when a record is half read or half written.
        func releaseBuffers() {
            if !isBroken { _ = SSL_free_buffers(pointer) }
        }
    }
#endif
