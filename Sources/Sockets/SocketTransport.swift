private import Glibc

/// A byte stream over a connected, non-blocking socket: plain here, TLS in a subclass.
open class SocketTransport {
    public let descriptor: FileDescriptor
    private var putBack: [UInt8] = []

    public init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
    }

    open var needsHandshake: Bool { false }

    open func handshake() -> HandshakeResult { .complete }

    /// The first flight of the server has left. It is most of the work of a handshake.
    open var hasAnsweredHandshake: Bool { true }

    /// The rest of the handshake costs as much as dozens of requests (`EventLoop.callForHeavyWork`).
    open var isRestOfHandshakeHeavy: Bool { false }

    open var peerIdentity: PeerIdentity { .anonymous }

    /// Returns whether the peer's certificate is valid for `host`, a name or an address. Without TLS every peer passes.
    open func isPeerCertified(for host: String) -> Bool { true }

    /// Returns whether `provider` would accept this peer in a new handshake.
    open func isPeerTrusted(by provider: TransportProvider) -> Bool { true }

    open var negotiatedProtocol: ApplicationProtocol? { nil }

    /// Valid after the handshake. Nil without TLS.
    open var negotiatedTLS: NegotiatedTLS? { nil }

    open var hasBufferedInput: Bool { !putBack.isEmpty }

    open func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        let count =
            putBack.isEmpty
            ? Glibc.recv(descriptor.rawValue, scratch.baseAddress, scratch.count, 0) : takePutBack(into: scratch)
        if count > 0 { return .bytes(UnsafeBufferPointer(rebasing: scratch[..<count])) }
        if count == 0 { return .endOfStream }
        if errno == EAGAIN || errno == EINTR { return .wouldBlock(.read) }
        return .failed(.system(SystemError("recv")))
    }

    open func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
        outcome(of: Glibc.send(descriptor.rawValue, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL)))
    }

    private func outcome(of sent: Int) -> TransportResult {
        if sent >= 0 { return .bytes(sent) }
        if errno == EAGAIN || errno == EINTR { return .wouldBlock(.write) }
        return .failed(.system(SystemError("send")))
    }

    open func gather(
        _ first: UnsafeBufferPointer<UInt8>, _ second: UnsafeBufferPointer<UInt8>
    ) -> TransportResult {
        var parts = (
            iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
            iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count)
        )
        return withUnsafeMutableBytes(of: &parts) { memory in
            var message = msghdr()
            message.msg_iov = memory.baseAddress?.assumingMemoryBound(to: iovec.self)
            message.msg_iovlen = 2
            return outcome(of: Glibc.sendmsg(descriptor.rawValue, &message, Int32(MSG_NOSIGNAL)))
        }
    }

    open func flush() -> TransportResult { .bytes(0) }

    open var unsent: Int { 0 }

    open func releaseBuffers() {}

    open func finish() -> TransportResult {
        shutDownWriting()
        return .bytes(0)
    }

    open var endsBeforeConnection: Bool { false }

    open func closeWrite() { shutDownWriting() }

    private func shutDownWriting() {
        _ = Glibc.shutdown(descriptor.rawValue, Int32(SHUT_WR))
    }
}

/// Bytes that a caller has read ahead and put back.
extension SocketTransport {
    /// Makes the next reads return these bytes before bytes from the socket. For transports without TLS; a TLS
    /// transport reads ahead by itself.
    package func putBack(_ bytes: [UInt8]) { putBack = bytes + putBack }

    private func takePutBack(into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let count = min(putBack.count, buffer.count)
        for index in 0..<count { buffer[index] = putBack[index] }
        putBack.removeFirst(count)
        return count
    }
}

extension SocketTransport: Transport {
    package func close() {}

    package func reset() { Socket.closeWithReset(descriptor.rawValue) }

    package var undelivered: Int { Socket.unacknowledged(descriptor.rawValue) }

    /// Makes the kernel detect a dead peer host. For long connections that may be silent for a while.
    package func keepAlive() { Socket.keepAlive(descriptor.rawValue) }

    package func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) throws(SystemError) {
        try loop.watch(source, descriptor: descriptor.rawValue, for: interest)
    }

    package func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {
        loop.update(source, for: interest)
    }

    package func unwatch(_ source: EventSource, on loop: EventLoop) {
        loop.unwatch(source)
    }
}
