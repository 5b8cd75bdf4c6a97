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
        private var isBroken = false
        /// Bytes that are on their way as records, and were not reported as written since the socket has not taken all of them.
        private var unreported = 0

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

        package override func read(into buffer: UnsafeMutableBufferPointer<UInt8>) -> TransportResult {
            records?.read(into: buffer) ?? .endOfStream
        }

        /// Writes what fits into one batch of records, and sends them at once.
        ///
        /// While the socket has not taken all of them, the content of the last one counts as not written: so whoever writes waits
        /// until it can write on. It is not encrypted again when it comes again.
        package override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
            guard !isBroken, let records else { return .failed(.truncated) }
            switch socket.sendUnsent() {
            case .moved: break
            case .wouldBlock: return .wouldBlock(.write)
            case .ended, .failed: return broken()
            }
            let content = UnsafeRawBufferPointer(bytes)
            let reported = min(unreported, content.count)
            unreported -= reported
            let end = min(content.count, reported + TLSBatch.contentSize)
            var written = reported
            var last = 0
            var obstacle: TransportResult?
            socket.beginGathering()
            while written < end {
                let result = records.seal(UnsafeRawBufferPointer(rebasing: content[written..<end]))
                guard case .bytes(let count) = result else {
                    last = 0
                    obstacle = result
                    break
                }
                last = count
                written += count
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

        package override func releaseBuffers() { records?.releaseBuffers() }

        package override func closeWrite() {
            if !isBroken { records?.sendCloseNotify() }
            super.closeWrite()
        }
    }
#endif
