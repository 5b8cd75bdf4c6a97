#if TLS
    internal import COpenSSL
    internal import Sockets

    /// The records of a TLS 1.3 connection after its handshake (RFC 8446, 5 and 4.6.3). OpenSSL made the handshake and lends its
    /// ciphers; its session is gone by now.
    ///
    /// Content is opened from where it was received straight into the reader's memory, and sealed from where it lies straight
    /// into the batch that is sent.
    final class TLSRecords: TLSRecordLayer {
        /// Records in a row that carry no content, before the peer is taken for hostile.
        private static let idleRecordLimit = 32

        private let socket: TLSSocket
        private let workspace: TLSWorkspace
        private let isServer: Bool
        private let opener: RecordCipher
        private let sealer: RecordCipher
        private var messages = PostHandshakeMessages()
        private var idleRecords = 0
        /// The peer wants our keys updated before our next content.
        private var owesKeyUpdate = false
        /// Opened, and too much for whoever read last.
        private var spare: [UInt8] = []
        private var spareStart = 0
        /// How the peer's direction ended; nothing is opened after that.
        private var ending: TransportResult?
        private var isBroken = false
        private(set) var hasBufferedInput = false

        /// A connection whose handshake happened elsewhere.
        init(opener: RecordCipher, sealer: RecordCipher, isServer: Bool, socket: TLSSocket, workspace: TLSWorkspace) {
            self.opener = opener
            self.sealer = sealer
            self.isServer = isServer
            self.socket = socket
            self.workspace = workspace
            hasBufferedInput = socket.hasReceived
        }

        /// Takes over from `session`; nil when the connection has to stay with OpenSSL: another version of TLS, a suite that is not
        /// among ours, or records that the peer wants smaller.
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
            self.init(opener: opener, sealer: sealer, isServer: isServer, socket: socket, workspace: workspace)
        }

        // MARK: Input

        func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> TransportResult {
            if spareStart < spare.count { return .bytes(takeSpare(into: buffer)) }
            if ending != nil { return takeEnding() }
            guard let target = UnsafeMutableRawPointer(buffer.baseAddress) else { return .wouldBlock(.read) }
            let inbox = workspace.inbox
            socket.moveReceived(to: inbox)
            var position = 0
            var total = open(into: target, room: buffer.count, at: &position)
            socket.beginReading()
            while total == 0 && ending == nil {
                // What is left is less than one record: there is room for the rest of it.
                inbox.removeFirst(position)
                position = 0
                switch socket.receive(into: inbox.room(forContent: buffer.count)) {
                case .moved(let count):
                    inbox.count += count
                    total = open(into: target, room: buffer.count, at: &position)
                case .wouldBlock:
                    keep(from: position)
                    return .wouldBlock(.read)
                case .ended: ending = broken(.truncated)
                case .failed: ending = broken(.system(SystemError("recv", code: socket.failureCode)))
                }
            }
            keep(from: position)
            return total > 0 ? .bytes(total) : takeEnding()
        }

        /// Tells how the peer's direction ended; once for a failure, after which there is nothing.
        private func takeEnding() -> TransportResult {
            hasBufferedInput = false
            defer { ending = .endOfStream }
            return ending ?? .endOfStream
        }

        /// What was received and not opened stays with the connection.
        private func keep(from position: Int) {
            let rest = UnsafeRawBufferPointer(
                start: workspace.inbox.memory + position, count: workspace.inbox.count - position)
            socket.putBack(rest)
            switch RecordFormat.header(of: rest) {
            case .sealed(let count): hasBufferedInput = rest.count >= RecordFormat.headerSize + count
            case .incomplete: hasBufferedInput = false
            case .refused: hasBufferedInput = true
            }
            if ending != nil || spareStart < spare.count { hasBufferedInput = true }
        }

        private func takeSpare(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
            let count = min(buffer.count, spare.count - spareStart)
            for index in 0..<count { buffer[index] = spare[spareStart + index] }
            spareStart += count
            if spareStart == spare.count {
                spare = []
                spareStart = 0
                hasBufferedInput = socket.hasReceived || ending != nil
            }
            return count
        }

        /// Opens the whole records in the inbox from `position` on, as far as their content fits.
        ///
        /// - Returns: bytes of content, 0 when there was none.
        private func open(into target: UnsafeMutableRawPointer, room: Int, at position: inout Int) -> Int {
            let inbox = workspace.inbox
            var total = 0
            while ending == nil {
                let rest = UnsafeMutableRawBufferPointer(start: inbox.memory + position, count: inbox.count - position)
                let record: UnsafeMutableRawBufferPointer
                switch RecordFormat.header(of: UnsafeRawBufferPointer(rest)) {
                case .incomplete: return total
                case .refused(let alert):
                    refuse(alert)
                    return total
                case .sealed(let count):
                    let size = RecordFormat.headerSize + count
                    guard rest.count >= size else { return total }
                    record = UnsafeMutableRawBufferPointer(rebasing: rest[..<size])
                }
                // Content with its type; padding, if there is any, comes off.
                let fits = record.count - RecordFormat.headerSize - RecordFormat.tagSize <= room - total
                if !fits && total > 0 { return total }
                position += record.count
                let place = fits ? target + total : record.baseAddress.map { $0 + RecordFormat.headerSize } ?? target
                guard let opened = opener.open(record, into: place) else {
                    _ = OpenSSLError.drain()
                    refuse(.badRecordMAC)
                    return total
                }
                let content = take(UnsafeRawBufferPointer(start: place, count: opened))
                if fits {
                    total += content
                } else if content > 0 {
                    total = min(content, room)
                    target.copyMemory(from: place, byteCount: total)
                    spare = [UInt8](UnsafeRawBufferPointer(start: place + total, count: content - total))
                    return total
                }
            }
            return total
        }

        /// Looks at what a record had inside, and returns how much of it is content.
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
                if !content.isEmpty {
                    idleRecords = 0
                    return content.count
                }
            case .alert where !messages.isWithin: takeAlert(content)
            case .handshake where !content.isEmpty: takeMessages(content)
            case .alert, .handshake, .applicationData, nil: refuse(.unexpectedMessage)
            }
            idleRecords += 1
            if idleRecords > TLSRecords.idleRecordLimit { refuse(.unexpectedMessage) }
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
                // Nothing is resumed towards the cluster, so nobody has a use for it.
                case .newSessionTicket: if isServer { refuse(.unexpectedMessage) }
                case .refused(let alert): refuse(alert)
                }
            }
        }

        /// The peer does not keep to the protocol: it is told, and that was that.
        private func refuse(_ alert: Alert) {
            guard ending == nil else { return }
            if !isBroken { send(alert, isFatal: true) }
            ending = broken(.secure(.other, message: "the peer broke TLS: \(alert.reason)"))
        }

        private func broken(_ error: TransportError) -> TransportResult {
            isBroken = true
            return .failed(error)
        }

        // MARK: Output

        func seal(_ content: UnsafeRawBufferPointer) -> TransportResult {
            guard !isBroken else { return .failed(.truncated) }
            if owesKeyUpdate || sealer.isUsedUp {
                owesKeyUpdate = false
                // Type, length, and that we ask for none in return.
                let message: [UInt8] = [24, 0, 0, 1, 0]
                guard message.withUnsafeBytes({ gather($0, as: .handshake) }), sealer.update() else { return failed() }
            }
            let count = min(content.count, RecordFormat.maximumContent)
            guard gather(UnsafeRawBufferPointer(rebasing: content[..<count]), as: .applicationData) else {
                return failed()
            }
            return .bytes(count)
        }

        private func failed() -> TransportResult {
            broken(.secure(.other, message: OpenSSLError.drain().description))
        }

        private func gather(_ content: UnsafeRawBufferPointer, as type: ContentType) -> Bool {
            guard let target = workspace.batch.room(for: content.count + RecordFormat.overhead),
                let size = sealer.seal(content, as: type, at: target)
            else { return false }
            workspace.batch.took(size)
            return true
        }

        func sendCloseNotify() {
            if !isBroken { send(.closeNotify, isFatal: false) }
        }

        private func send(_ alert: Alert, isFatal: Bool) {
            // Records keep their order: behind some that can't leave there is no place for another.
            guard case .moved = socket.sendUnsent() else { return }
            let content: [UInt8] = [isFatal ? 2 : 1, alert.rawValue]
            socket.beginGathering()
            _ = content.withUnsafeBytes { gather($0, as: .alert) }
            _ = socket.sendGathered()
        }

        func releaseBuffers() {}
    }
#endif
