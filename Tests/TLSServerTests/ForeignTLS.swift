#if TLS
    import COpenSSL
    import Sockets
    import TLSServer

    /// The settings of a client that does not use this project's code, such as a browser or a stranger.
    final class ForeignContext {
        let pointer: OpaquePointer

        /// - Parameter protocols: offered by ALPN; none if empty.
        init(maximum: Int32 = TLS1_3_VERSION, minimum: Int32 = TLS1_VERSION, protocols: [String] = []) throws {
            guard let pointer = SSL_CTX_new(TLS_client_method()) else { throw Wire.Failure.noConnection }
            self.pointer = pointer
            SSL_CTX_set_verify(pointer, SSL_VERIFY_NONE, nil)
            // Otherwise OpenSSL itself refuses TLS 1.1 and older.
            SSL_CTX_set_security_level(pointer, 0)
            _ = shim_ctx_set_min_proto_version(pointer, minimum)
            _ = shim_ctx_set_max_proto_version(pointer, maximum)
            let list = protocols.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
            if !list.isEmpty { SSL_CTX_set_alpn_protos(pointer, list, UInt32(list.count)) }
        }

        deinit { SSL_CTX_free(pointer) }

        /// Offers this group only. In TLS 1.3 the ClientHello contains its key share.
        func offer(group: String) throws {
            guard shim_ctx_set_groups_list(pointer, group) == 1 else { throw Wire.Failure.noConnection }
        }

        /// Offers this TLS 1.2 suite only.
        func offer(olderSuite: String) throws {
            guard SSL_CTX_set_cipher_list(pointer, olderSuite) == 1 else { throw Wire.Failure.noConnection }
        }

        func show(_ credentials: TLSCredentials) throws {
            guard SSL_CTX_use_certificate_chain_file(pointer, credentials.certificate) == 1,
                SSL_CTX_use_PrivateKey_file(pointer, credentials.key, SSL_FILETYPE_PEM) == 1
            else { throw Wire.Failure.noConnection }
        }

        /// The number of NewSessionTicket messages (RFC 8446, 4.6.1) since `countTickets`.
        fileprivate(set) var receivedTickets = 0

        /// Starts counting. The context must outlive its sessions.
        func countTickets() {
            SSL_CTX_set_msg_callback(pointer) { isWritten, _, content, bytes, count, _, argument in
                guard isWritten == 0, content == SSL3_RT_HANDSHAKE, count > 0, let bytes, let argument,
                    bytes.load(as: UInt8.self) == UInt8(SSL3_MT_NEWSESSION_TICKET)
                else { return }
                Unmanaged<ForeignContext>.fromOpaque(argument).takeUnretainedValue().receivedTickets += 1
            }
            SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MSG_CALLBACK_ARG, 0, Unmanaged.passUnretained(self).toOpaque())
        }
    }

    /// A client's TLS session over a socket, without this project's code.
    final class ForeignTLS: SocketTransport {
        private let session: OpaquePointer
        private let context: ForeignContext

        init?(_ descriptor: consuming FileDescriptor, _ context: ForeignContext, resuming: Ticket? = nil) {
            let raw = descriptor.rawValue
            guard let session = SSL_new(context.pointer), SSL_set_fd(session, raw) == 1 else { return nil }
            self.session = session
            self.context = context
            super.init(descriptor)
            SSL_set_connect_state(session)
            if let resuming { SSL_set_session(session, resuming.pointer) }
        }

        deinit {
            // Otherwise OpenSSL takes the session for broken, and its ticket becomes invalid.
            SSL_set_shutdown(session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
            SSL_free(session)
        }

        override var needsHandshake: Bool { true }

        override func handshake() -> HandshakeResult {
            let result = SSL_do_handshake(session)
            if result == 1 { return .complete }
            switch outcome(result) {
            case .wouldBlock(let direction): return .wants(direction)
            case .failed(let error): return .failed(error)
            case .bytes, .endOfStream: return .failed(.truncated)
            }
        }

        override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
            var count = 0
            let result = SSL_read_ex(session, scratch.baseAddress, scratch.count, &count)
            if result == 1 { return .bytes(UnsafeBufferPointer(rebasing: scratch[..<count])) }
            switch outcome(result) {
            case .wouldBlock(let direction): return .wouldBlock(direction)
            case .failed(let error): return .failed(error)
            case .bytes, .endOfStream: return .endOfStream
            }
        }

        override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
            var count = 0
            let result = SSL_write_ex(session, bytes.baseAddress, bytes.count, &count)
            return result == 1 ? .bytes(count) : outcome(result)
        }

        private func outcome(_ result: Int32) -> TransportResult {
            defer { ERR_clear_error() }
            switch SSL_get_error(session, result) {
            case SSL_ERROR_WANT_READ: return .wouldBlock(.read)
            case SSL_ERROR_WANT_WRITE: return .wouldBlock(.write)
            case SSL_ERROR_ZERO_RETURN: return .endOfStream
            default:
                let reason = ERR_reason_error_string(ERR_peek_error()).map { String(cString: $0) } ?? "broken"
                return .failed(.secure(.other, message: reason))
            }
        }

        /// Changes the client's keys with the next record, and requests new keys from the peer.
        func renewKeys() -> Bool { SSL_key_update(session, SSL_KEY_UPDATE_REQUESTED) == 1 }

        /// Requests a new handshake, which TLS 1.3 does not have. The request leaves with the next record.
        func renegotiate() -> Bool { SSL_renegotiate(session) == 1 && SSL_do_handshake(session) != 0 }

        var version: Int32 { SSL_version(session) }
        var isResumed: Bool { SSL_session_reused(session) == 1 }

        /// The protocol that ALPN selected; empty without one.
        var chosenProtocol: String {
            var start: UnsafePointer<UInt8>?
            var count: UInt32 = 0
            SSL_get0_alpn_selected(session, &start, &count)
            return String(decoding: UnsafeBufferPointer(start: start, count: Int(count)), as: UTF8.self)
        }

        /// The client's ticket for a resumption; nil if the server sent none.
        var ticket: Ticket? {
            guard let pointer = SSL_get1_session(session) else { return nil }
            let ticket = Ticket(owning: pointer)
            return SSL_SESSION_is_resumable(pointer) == 1 ? ticket : nil
        }

        final class Ticket {
            let pointer: OpaquePointer

            init(owning pointer: OpaquePointer) { self.pointer = pointer }

            deinit { SSL_SESSION_free(pointer) }
        }
    }
#endif
