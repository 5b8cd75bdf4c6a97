#if TLS
    internal import COpenSSL
    package import Sockets

    /// TLS over a non-blocking socket: OpenSSL's handshake, and then a record layer, of our own where that is possible.
    ///
    /// On the cluster sides no session is ever resumed, so the peer's certificate was checked in this very handshake.
    package final class TLSTransport: SocketTransport {
        private let context: TLSContext
        private let socket: TLSSocket
        /// Nil after the handshake, when the records are ours.
        private var session: TLSSession?
        /// Nil before the end of the handshake.
        private var records: (any TLSRecordLayer)?
        private var peerCertificate: OpaquePointer?
        private var agreedProtocol: ApplicationProtocol?
        private var recordSize = RecordSize()
        private var isBroken = false

        /// Nil when OpenSSL has no memory for a session.
        package init?(_ descriptor: consuming FileDescriptor, context: TLSContext, host: String?) {
            let socket = TLSSocket(descriptor: descriptor.rawValue, workspace: context.workspace)
            guard let session = TLSSession(context: context, socket: socket, host: host) else { return nil }
            self.context = context
            self.socket = socket
            self.session = session
            super.init(descriptor)
        }

        deinit { X509_free(peerCertificate) }

        package override var needsHandshake: Bool { records == nil }

        package override func handshake() -> HandshakeResult {
            guard let session else { return .complete }
            let result = session.handshake()
            guard case .complete = result else { return result }
            peerCertificate = SSL_get1_peer_certificate(session.pointer)
            agreedProtocol = session.negotiatedProtocol
            if let own = TLSRecords(of: session, socket: socket, workspace: context.workspace) {
                records = own
                // Whoever makes the records has the secrets now, and overwrites them.
                session.secrets = TLSSecrets()
                self.session = nil
            } else {
                _ = OpenSSLError.drain()
                session.keepRecords()
                records = session
            }
            return .complete
        }

        /// With TLS 1.3 that is our Finished: what asks for another ClientHello costs nothing yet.
        package override var hasAnsweredHandshake: Bool {
            guard let session else { return true }
            return session.secrets.isFinished || (socket.hasSent && SSL_version(session.pointer) < TLS1_3_VERSION)
        }

        package override var peerIdentity: PeerIdentity {
            guard let peerCertificate else { return .anonymous }
            return PeerCertificate.identity(of: peerCertificate)
        }

        package override func isPeerTrusted(by provider: TransportProvider) -> Bool {
            guard let provider = provider as? TLSTransportProvider, context.side != .publicServer, let peerCertificate,
                let now = context.side == .clusterServer ? provider.server : provider.client
            else { return true }
            return now.trusts(peerCertificate)
        }

        package override var negotiatedProtocol: ApplicationProtocol? { agreedProtocol }

        package override var hasBufferedInput: Bool { records?.hasBufferedInput == true }

        package override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
            records?.receive(using: scratch) ?? .endOfStream
        }

        package override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
            let result = take(UnsafeRawBufferPointer(bytes), .empty)
            if case .bytes = result, case .failed = socket.sendGathered() { return broken() }
            return result
        }

        package override func gather(
            _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
        ) -> TransportResult {
            let result = take(UnsafeRawBufferPointer(first), UnsafeRawBufferPointer(second))
            if case .bytes = result, socket.unsentCount >= TLSBatch.limit, case .failed = socket.sendGathered() {
                return broken()
            }
            return result
        }

        package override func flush() -> TransportResult {
            guard !isBroken else { return .failed(.truncated) }
            switch socket.isBlocked ? socket.sendUnsent() : socket.sendGathered() {
            case .moved: return socket.isBlocked ? .wouldBlock(.write) : .bytes(0)
            case .wouldBlock: return .wouldBlock(.write)
            case .ended, .failed: return broken()
            }
        }

        package override var unsent: Int { socket.unsentCount }

        /// Makes records of as much as the batch takes.
        private func take(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> TransportResult {
            guard !isBroken, let records else { return .failed(.truncated) }
            if socket.isBlocked {
                if case .failed = socket.sendUnsent() { return broken() }
                if socket.isBlocked { return .wouldBlock(.write) }
            }
            socket.beginGathering()
            defer { socket.endGathering() }
            let total = first.count + second.count
            let isSized = context.side == .publicServer && total > RecordSize.small
            if isSized { recordSize.sendingBegins(now: Clock.monotonicNanoseconds()) }
            var taken = 0
            while taken < total && socket.unsentCount < TLSBatch.limit {
                let end = isSized ? min(total, taken + recordSize.limit) : total
                let result = records.seal(
                    TLSTransport.part(of: first, from: taken, to: end),
                    TLSTransport.part(of: second, from: taken - first.count, to: end - first.count))
                guard case .bytes(let count) = result else { return taken > 0 ? .bytes(taken) : result }
                taken += count
                if isSized { recordSize.sent(count) }
            }
            return .bytes(taken)
        }

        /// The bytes of a part of what is to be sent, as far as they are within it.
        private static func part(
            of bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
        ) -> UnsafeRawBufferPointer {
            let start = min(max(start, 0), bytes.count)
            return UnsafeRawBufferPointer(rebasing: bytes[start..<max(start, min(end, bytes.count))])
        }

        private func broken() -> TransportResult {
            isBroken = true
            return .failed(.system(SystemError("send", code: socket.failureCode)))
        }

        package override func releaseBuffers() { records?.releaseBuffers() }

        package override func finish() -> TransportResult {
            guard !isBroken, let records else { return super.finish() }
            if socket.isBlocked {
                if case .failed = socket.sendUnsent() { return broken() }
                if socket.isBlocked { return .wouldBlock(.write) }
            }
            socket.beginGathering()
            records.sealCloseNotify()
            if case .failed = socket.sendGathered(isEndNext: true) { return broken() }
            return socket.isBlocked ? .wouldBlock(.write) : super.finish()
        }

        package override func closeWrite() {
            if case .bytes = finish() { return }
            super.closeWrite()
        }

        package override var endsBeforeConnection: Bool { true }
    }
#endif
