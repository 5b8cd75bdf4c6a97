#if TLS
    internal import COpenSSL
    internal import Sockets

    /// The records of a TLS 1.3 connection after its handshake (RFC 8446, 5 and 4.6.3). OpenSSL did the handshake and
    /// provides the ciphers. Its session no longer exists.
    ///
    /// Content is decrypted from the receive buffer straight into the reader's memory. It is encrypted from the
    /// caller's memory straight into the batch.
    final class TLSRecords: TLSRecordLayer {
        private let socket: TLSSocket
        private let opener: RecordCipher
        private let sealer: RecordCipher
        private var messages: PostHandshakeMessages
        private var idleRecords = IdleRecords()
        /// The peer requested a key update. It has to precede this side's next content.
        private var owesKeyUpdate = false
        /// The end of the peer's direction. No record is decrypted after it.
        private var ending: ReceiveResult?
        private var isEndingTold = false
        private var isBroken = false
        private var isCloseNotifySealed = false

        /// Makes the record layer of a connection whose handshake happened elsewhere.
        init(opener: RecordCipher, sealer: RecordCipher, isServer: Bool, socket: TLSSocket) {
            self.opener = opener
            self.sealer = sealer
            messages = PostHandshakeMessages(isServer: isServer)
            self.socket = socket
        }

        /// Takes over from `session`. Fails if the connection has to stay with OpenSSL: another version of TLS, an
        /// unsupported suite, or a peer that requested smaller records.
        convenience init?(of session: TLSSession, socket: TLSSocket, workspace: TLSWorkspace) {
            let isServer = SSL_is_server(session.pointer) == 1
            guard SSL_version(session.pointer) == TLS1_3_VERSION, SSL_has_pending(session.pointer) == 0,
                let cipher = SSL_get_current_cipher(session.pointer),
                let suite = CipherSuite.suite(id: SSL_CIPHER_get_protocol_id(cipher)),
                SSL_SESSION_get_max_fragment_length(SSL_get_session(session.pointer)) == 0,
                let derivation = workspace.derivation(for: suite),
                let ours = TrafficSecret(session.secrets[server: isServer], suite: suite, derivation: derivation),
                let theirs = TrafficSecret(session.secrets[server: !isServer], suite: suite, derivation: derivation),
                let opener = RecordCipher(.open, secret: theirs),
                let sealer = RecordCipher(.seal, secret: ours, sequence: session.secrets.ticketsSent)
            else { return nil }
            self.init(opener: opener, sealer: sealer, isServer: isServer, socket: socket)
        }

        // MARK: Input

        var hasBufferedInput: Bool {
            if ending != nil { return !isEndingTold }
            let bytes = socket.receivedBytes
            switch RecordFormat.header(of: bytes) {
            case .sealed(let count): return bytes.count >= RecordFormat.headerSize + count
            case .incomplete: return false
            case .refused: return true
            }
        }

        /// Lends the content of one record, decrypted in place.
        func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
            guard ending == nil else { return takeEnding() }
            var received = socket.claimInbox()
            socket.beginReading()
            while true {
                if let content = open(received) { return .bytes(content) }
                guard ending == nil else { return takeEnding() }
                switch socket.receiveMore(forContent: scratch.count) {
                case .moved: received = socket.claimInbox()
                case .wouldBlock: return .wouldBlock(.read)
                case .ended: ending = broken(.truncated)
                case .failed: ending = broken(.system(SystemError("recv", code: socket.failureCode)))
                }
            }
        }

        /// Returns the end of the peer's direction. It returns a failure once and nothing afterwards.
        private func takeEnding() -> ReceiveResult {
            defer {
                isEndingTold = true
                ending = .endOfStream
            }
            return ending ?? .endOfStream
        }

        /// Decrypts complete records until one has content. Returns nil if none has.
        private func open(_ received: UnsafeMutableRawBufferPointer) -> UnsafeBufferPointer<UInt8>? {
            var rest = received
            while ending == nil {
                let record: UnsafeMutableRawBufferPointer
                switch RecordFormat.header(of: UnsafeRawBufferPointer(rest)) {
                case .incomplete: return nil
                case .refused(let alert):
                    refuse(alert)
                    return nil
                case .sealed(let count):
                    let size = RecordFormat.headerSize + count
                    guard rest.count >= size else { return nil }
                    record = UnsafeMutableRawBufferPointer(rebasing: rest[..<size])
                    rest = UnsafeMutableRawBufferPointer(rebasing: rest[size...])
                }
                socket.tookReceived(record.count)
                guard let start = record.baseAddress.map({ $0 + RecordFormat.headerSize }),
                    let opened = opener.open(record, into: start)
                else {
                    _ = OpenSSLError.drain()
                    refuse(.badRecordMAC)
                    return nil
                }
                let content = take(UnsafeRawBufferPointer(start: start, count: opened))
                if content > 0 {
                    return UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: content)
                }
            }
            return nil
        }

        /// Handles a record's decrypted bytes, and returns how many of them are content.
        private func take(_ inner: UnsafeRawBufferPointer) -> Int {
            var end = inner.count
            // The type is the last byte that is not padding (RFC 8446, 5.4).
            while end > 0 && inner[end - 1] == 0 { end -= 1 }
            guard end > 0, end <= RecordFormat.maximumContent + 1 else {
                refuse(end == 0 ? .unexpectedMessage : .recordOverflow)
                return 0
            }
            let content = UnsafeRawBufferPointer(rebasing: inner[..<(end - 1)])
            switch ContentType(rawValue: inner[end - 1]) {
            case .applicationData where !messages.isWithin:
                if !content.isEmpty { return content.count }
            case .alert where !messages.isWithin && !content.isEmpty: takeAlert(content)
            case .handshake where !content.isEmpty: takeMessages(content)
            case .alert, .handshake, .applicationData, nil: refuse(.unexpectedMessage)
            }
            if !idleRecords.allowsOne(now: Clock.monotonicNanoseconds()) { refuse(.unexpectedMessage) }
            return 0
        }

        private func takeAlert(_ alert: UnsafeRawBufferPointer) {
            guard alert.count == 2 else { return refuse(.decodeError) }
            switch Int32(alert[1]) {
            case SSL_AD_CLOSE_NOTIFY: ending = .endOfStream
            case SSL_AD_USER_CANCELLED: break
            default:
                let code = shim_err_pack_alert(Int32(alert[1]))
                let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "alert \(alert[1])"
                ending = broken(.secure(.alert, message: "the peer refused: \(reason)"))
            }
        }

        private func takeMessages(_ fragment: UnsafeRawBufferPointer) {
            messages.append(fragment)
            while ending == nil, let message = messages.next() {
                switch message {
                case .keyUpdate(let isRequested):
                    if isRequested { owesKeyUpdate = true }
                    if !opener.update() { refuse(.internalError) }
                // The cluster resumes no sessions, so a ticket has no use.
                case .newSessionTicket: break
                case .refused(let alert): refuse(alert)
                }
            }
        }

        /// Ends the connection with an alert, because the peer violated the protocol.
        private func refuse(_ alert: Alert) {
            guard ending == nil else { return }
            if !isBroken { sendFatal(alert) }
            ending = broken(.secure(.other, message: "the peer broke TLS: \(alert.reason)"))
        }

        private func broken(_ error: TransportError) -> ReceiveResult {
            isBroken = true
            return .failed(error)
        }

        // MARK: Output

        func seal(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> TransportResult {
            guard !isBroken else { return .failed(.truncated) }
            if owesKeyUpdate || sealer.isUsedUp {
                owesKeyUpdate = false
                // Type, length, and no request for a key update in return.
                let message: [UInt8] = [24, 0, 0, 1, 0]
                guard message.withUnsafeBytes({ gather($0, as: .handshake) }), sealer.update() else { return failed() }
            }
            let ofFirst = min(first.count, RecordFormat.maximumContent)
            let ofSecond = min(second.count, RecordFormat.maximumContent - ofFirst)
            guard
                gather(
                    UnsafeRawBufferPointer(rebasing: first[..<ofFirst]),
                    UnsafeRawBufferPointer(rebasing: second[..<ofSecond]),
                    as: .applicationData)
            else { return failed() }
            return .bytes(ofFirst + ofSecond)
        }

        private func failed() -> TransportResult {
            isBroken = true
            return .failed(.secure(.other, message: OpenSSLError.drain().description))
        }

        private func gather(
            _ content: UnsafeRawBufferPointer,
            _ more: UnsafeRawBufferPointer = .empty,
            as type: ContentType
        ) -> Bool {
            guard let target = socket.room(forRecord: content.count + more.count + RecordFormat.overhead),
                let size = sealer.seal(content, more, as: type, at: target)
            else { return false }
            socket.gathered(record: size)
            return true
        }

        func sealCloseNotify() {
            guard !isBroken, !isCloseNotifySealed else { return }
            isCloseNotifySealed = gather(.closeNotify, isFatal: false)
        }

        private func sendFatal(_ alert: Alert) {
            // Records keep their order. While some are blocked, no other record is made.
            guard case .moved = socket.sendUnsent(), !socket.isBlocked else { return }
            socket.beginGathering()
            _ = gather(alert, isFatal: true)
            _ = socket.sendGathered()
        }

        private func gather(_ alert: Alert, isFatal: Bool) -> Bool {
            let content: [UInt8] = [isFatal ? 2 : 1, alert.rawValue]
            return content.withUnsafeBytes { gather($0, as: .alert) }
        }

        func releaseBuffers() {}
    }
#endif
