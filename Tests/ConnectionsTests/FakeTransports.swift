import Sockets

/// A transport whose handshake and identity the test controls.
final class FakeSecureTransport: SocketTransport {
    private let result: HandshakeResult
    private let identity: PeerIdentity

    init(_ descriptor: consuming FileDescriptor, result: HandshakeResult, identity: PeerIdentity) {
        self.result = result
        self.identity = identity
        super.init(descriptor)
    }

    override var needsHandshake: Bool { true }
    override var peerIdentity: PeerIdentity { identity }
    override var negotiatedTLS: NegotiatedTLS? { NegotiatedTLS(version: .tls13, isResumed: false) }
    override func handshake() -> HandshakeResult { result }
}

/// A transport that breaks at a write, after the peer has answered.
final class BreakingTransport: SocketTransport {
    private var answer: [UInt8]

    init(_ descriptor: consuming FileDescriptor, answer: String) {
        self.answer = Array(answer.utf8)
        super.init(descriptor)
    }

    override func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult { .failed(.truncated) }

    override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        guard !answer.isEmpty else { return .endOfStream }
        let count = min(answer.count, scratch.count)
        for index in 0..<count { scratch[index] = answer[index] }
        answer.removeFirst(count)
        return .bytes(UnsafeBufferPointer(rebasing: scratch[..<count]))
    }
}

/// A transport whose streams end before their connection, as with TLS. Here a single byte is the end.
final class GoodbyeTransport: SocketTransport {
    static let goodbye: UInt8 = 4

    private var isOver = false

    override var endsBeforeConnection: Bool { true }

    override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        if isOver { return .endOfStream }
        let result = super.receive(using: scratch)
        guard case .bytes(let bytes) = result, bytes.elementsEqual([GoodbyeTransport.goodbye]) else { return result }
        isOver = true
        return .endOfStream
    }
}

/// Accepts connections with `GoodbyeTransport`.
final class GoodbyeProvider: TransportProvider {
    override func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? { GoodbyeTransport(descriptor) }
}

/// A transport on which the end of the connection looks like a refusal by the peer.
final class RefusedTransport: SocketTransport {
    override func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        let result = super.receive(using: scratch)
        guard case .endOfStream = result else { return result }
        return .failed(.secure(.alert, message: "refused"))
    }
}

/// Gives each outgoing connection the test's transport.
final class FakeProvider: TransportProvider {
    private let make: (consuming FileDescriptor) -> SocketTransport?

    init(_ make: @escaping (consuming FileDescriptor) -> SocketTransport?) {
        self.make = make
        super.init()
    }

    override func connecting(_ descriptor: consuming FileDescriptor, host: String) -> SocketTransport? {
        make(descriptor)
    }
}
