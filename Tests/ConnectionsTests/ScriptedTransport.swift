import Sockets

/// A transport without a socket: the test says what comes, and how much may leave.
final class ScriptedTransport: Transport {
    /// Each is given out by one `receive`; then nothing has come.
    var arriving: [ReceiveResult] = []
    /// Bytes that writes may still take.
    var room = Int.max
    var isBroken = false
    private(set) var sent: [UInt8] = []
    private(set) var isFinished = false
    private(set) var isReset = false
    private(set) var isClosed = false
    private(set) var interest: Readiness = []
    private(set) var isWatched = true
    private var storage: [[UInt8]] = []

    var text: String { String(decoding: sent, as: UTF8.self) }

    /// Lets bytes arrive.
    func give(_ text: String) {
        storage.append(Array(text.utf8))
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: storage.last!.count)
        _ = bytes.initialize(from: storage.last!)
        arriving.append(.bytes(UnsafeBufferPointer(bytes)))
    }

    var needsHandshake: Bool { false }
    func handshake() -> HandshakeResult { .complete }
    var peerIdentity: PeerIdentity { .anonymous }
    var negotiatedProtocol: ApplicationProtocol? { .http1 }
    var hasBufferedInput: Bool { !arriving.isEmpty }

    func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        arriving.isEmpty ? .wouldBlock(.read) : arriving.removeFirst()
    }

    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
        if isBroken { return .failed(.truncated) }
        let count = min(room, bytes.count)
        guard count > 0 else { return .wouldBlock(.write) }
        if room != .max { room -= count }
        sent += bytes[..<count]
        return .bytes(count)
    }

    func closeWrite() { isFinished = true }
    func releaseBuffers() {}
    func close() { isClosed = true }
    func reset() { isReset = true }
    var undelivered: Int { 0 }

    func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {
        self.interest = interest
        isWatched = true
    }

    func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness) { self.interest = interest }
    func unwatch(_ source: EventSource, on loop: EventLoop) { isWatched = false }
}
