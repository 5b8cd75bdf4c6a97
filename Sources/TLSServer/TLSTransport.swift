#if TLS
    internal import COpenSSL
    package import Sockets

    /// TLS over a non-blocking socket: OpenSSL's handshake, and then a record layer, this module's own if possible.
    ///
    /// The cluster sides never resume a session, so this handshake has checked the peer's certificate.
    package final class TLSTransport: SocketTransport {
        private let context: TLSContext
        private let socket: TLSSocket
        /// The name or address of the server of an outgoing connection; nil for an accepted connection.
        private let host: String?
        /// Nil before the first step of the handshake, so that a silent connection holds no session. Nil again after
        /// the handshake if this module's own record layer is in use.
        private(set) var session: TLSSession?
        /// Nil until the end of the handshake.
        private var records: (any TLSRecordLayer)?
        /// Nil if the peer sent no certificate.
        private(set) var peer: PeerChain?
        private var agreedProtocol: ApplicationProtocol?
        private var agreedTLS: NegotiatedTLS?
        private var recordSize = RecordSize()
        private var isBroken = false

        package init(_ descriptor: consuming FileDescriptor, context: TLSContext, host: String?) {
            self.context = context
            self.host = host
            socket = TLSSocket(descriptor: descriptor.rawValue, workspace: context.workspace)
            super.init(descriptor)
        }

        package override var needsHandshake: Bool { records == nil }

        package override func handshake() -> HandshakeResult {
            guard records == nil else { return .complete }
            guard let session = session ?? TLSSession(context: context, socket: socket, host: host) else {
                return .failed(.secure(.other, message: "OpenSSL has no memory for a session"))
            }
            self.session = session
            let result = session.handshake()
            guard case .complete = result else { return result }
            peer = PeerChain(of: session.pointer)
            if let replacement = context.replacement, !isPeerTrusted(by: replacement) {
                return .failed(
                    .secure(.peerRejected, message: "the peer's certificate is refused since a reload of this node's"))
            }
            agreedProtocol = session.negotiatedProtocol
            agreedTLS = session.negotiatedTLS
            if let own = TLSRecords(of: session, socket: socket, workspace: context.workspace) {
                records = own
                // The record layer has the secrets now, and overwrites them itself.
                session.secrets = TLSSecrets()
                self.session = nil
            } else {
                _ = OpenSSLError.drain()
                session.keepRecords()
                records = session
            }
            return .complete
        }

        package override var hasAnsweredHandshake: Bool { session?.hasAnswered ?? (records != nil) }

        /// TLS 1.2 agrees on its keys only here, and the server verifies a node's certificate here. A TLS 1.3 client
        /// without a certificate needs no more asymmetric cryptography.
        package override var isRestOfHandshakeHeavy: Bool {
            guard let session else { return false }
            return context.side == .clusterServer || SSL_version(session.pointer) < TLS1_3_VERSION
        }

        package override var peerIdentity: PeerIdentity {
            peer.map { PeerCertificate.identity(of: $0.leaf) } ?? .anonymous
        }

        package override func isPeerCertified(for host: String) -> Bool {
            peer.map { PeerCertificate.covers(host, $0.leaf) } ?? false
        }

        package override func isPeerTrusted(by provider: TransportProvider) -> Bool {
            guard let provider = provider as? TLSTransportProvider,
                let now = context.side == .clusterClient ? provider.client : provider.server
            else { return true }
            return isPeerTrusted(by: now)
        }

        private func isPeerTrusted(by now: TLSContext) -> Bool {
            guard context.side != .publicServer, let peer else { return true }
            return peer.isTrusted(by: now)
        }

        package override var negotiatedProtocol: ApplicationProtocol? { agreedProtocol }

        package override var negotiatedTLS: NegotiatedTLS? { agreedTLS }

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

        /// Makes records until the batch is full.
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

        /// Returns the bytes of one part that lie within the range to send.
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
