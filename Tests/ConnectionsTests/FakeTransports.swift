import Sockets

/// A transport whose handshake and identity are the test's.
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
    override func handshake() -> HandshakeResult { result }
}

/// A transport that breaks when it is written to, after the peer has answered.
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

/// Gives each connection that we make the transport that a test wants.
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
