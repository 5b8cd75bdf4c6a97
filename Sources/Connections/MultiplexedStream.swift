internal import HTTP
internal import Multiplexing
internal import Sockets

/// One byte stream of a multiplexed connection, as a transport.
///
/// Content is given to the watching source while it is being received, without a copy of its own; only what the source leaves
/// unread is kept, and that is bounded by the window, since the peer gets credit only for what was read.
final class MultiplexedStream: Transport {
    let id: StreamID
    private let multiplexer: Multiplexer
    private var source: EventSource?
    private var interest: Readiness = []

    // Towards us.
    /// The piece that is being received, as far as it is unread.
    private var piece = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// What was received and left unread.
    private var unread = ByteBuffer()
    /// What the peer may have on its way and unread here.
    private var window = MultiplexingLimits.window
    /// What the peer may still send.
    private var allowance = MultiplexingLimits.window
    /// More than the smallest window was unread since credit was given last: whoever reads doesn't keep up.
    private var hasLagged = false
    /// Read, and not given back as credit yet.
    private var owed = 0
    private var hasPeerEnded = false
    /// Why no more comes, after what is unread.
    private var failure: TransportError?

    // From us.
    private var credit = MultiplexingLimits.window
    private var hasBegun: Bool
    private var hasEnded = false
    private var isBlocked = false
    private var isClosed = false

    /// - Parameter isAccepted: the peer began the stream.
    init(id: StreamID, multiplexer: Multiplexer, isAccepted: Bool) {
        self.id = id
        self.multiplexer = multiplexer
        hasBegun = isAccepted
    }

    // MARK: For the source

    var needsHandshake: Bool { false }
    func handshake() -> HandshakeResult { .complete }
    var peerIdentity: PeerIdentity { multiplexer.peerIdentity }
    var negotiatedProtocol: ApplicationProtocol? { .http1 }
    var hasBufferedInput: Bool { !piece.isEmpty || !unread.isEmpty || hasPeerEnded || failure != nil }

    func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {
        self.source = source
        self.interest = interest
        loop.watchWithoutDescriptor(source)
        if interest.contains(.readable) && hasBufferedInput { loop.callNextTurn(source) }
    }

    func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {
        let isNew = interest.contains(.readable) && !self.interest.contains(.readable)
        self.interest = interest
        if isNew && hasBufferedInput { loop.callNextTurn(source) }
    }

    func unwatch(_ source: EventSource, on loop: EventLoop) {
        self.source = nil
        interest = []
        loop.unwatch(source)
    }

    func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        let bytes: UnsafeBufferPointer<UInt8>
        if !unread.isEmpty {
            let count = min(scratch.count, unread.count)
            scratch.baseAddress?.update(from: unread.readable.baseAddress!, count: count)
            unread.consume(count)
            if unread.isEmpty { unread.release() }
            bytes = UnsafeBufferPointer(rebasing: scratch[..<count])
        } else if !piece.isEmpty {
            bytes = piece
            piece = UnsafeBufferPointer(start: nil, count: 0)
        } else if let failure {
            return .failed(failure)
        } else {
            return hasPeerEnded ? .endOfStream : .wouldBlock(.read)
        }
        owed += bytes.count
        if owed >= window / 2 { giveBack(mayGrow: true) }
        return .bytes(bytes)
    }

    /// Gives credit for what was read: more than that to a stream that moves much and is read as it comes, less where a grown window
    /// has proved too large.
    private func giveBack(mayGrow: Bool) {
        guard !hasPeerEnded, !isClosed else { return }
        var next = window
        if hasLagged {
            next = max(MultiplexingLimits.window, window - owed)
        } else if mayGrow {
            next = min(2 * window, MultiplexingLimits.largestWindow)
        }
        let amount = owed + next - window
        window = next
        hasLagged = false
        owed = 0
        guard amount > 0 else { return }
        multiplexer.writeCredit(amount, id)
        allowance += amount
    }

    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
        if let failure { return .failed(failure) }
        if hasEnded || isClosed { return .endOfStream }
        let count = min(bytes.count, credit, multiplexer.room, MultiplexingLimits.payload)
        guard count > 0 else {
            if !isBlocked && credit > 0 { multiplexer.awaitRoom(self) }
            isBlocked = true
            return .wouldBlock(.write)
        }
        // On this occasion it costs little, and the answer finds the window open.
        if owed >= MultiplexingLimits.window / 8 { giveBack(mayGrow: false) }
        let kind: FrameKind = hasBegun ? .data : .open
        hasBegun = true
        credit -= count
        multiplexer.write(
            FrameHeader(kind: kind, length: count, stream: id), UnsafeBufferPointer(rebasing: bytes[..<count]))
        return .bytes(count)
    }

    /// The connection is not this stream's alone, and what it left unread is not for giving up.
    func releaseBuffers() {}

    func closeWrite() {
        guard !hasEnded, !isClosed, failure == nil, hasBegun else { return }
        hasEnded = true
        multiplexer.write(.end, id)
        if hasPeerEnded { isOver() }
    }

    func close() {
        guard !isClosed else { return }
        if failure == nil && hasBegun && !(hasEnded && hasPeerEnded) { multiplexer.write(.reset, id) }
        isOver()
    }

    /// What is on its way is the connection's, which lives on.
    func reset() { close() }

    var undelivered: Int { 0 }

    private func isOver() {
        guard !isClosed else { return }
        isClosed = true
        multiplexer.leave(self)
    }

    // MARK: From the multiplexer

    /// Whether the peer may send so much more; takes it off its allowance.
    func expects(_ count: Int) -> Bool {
        allowance -= count
        return allowance >= 0 && !hasPeerEnded
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !isClosed else { return }
        guard unread.isEmpty, interest.contains(.readable), let source else { return keep(bytes) }
        piece = bytes
        source.ready(.readable)
        if !piece.isEmpty && !isClosed { keep(piece) }
        piece = UnsafeBufferPointer(start: nil, count: 0)
    }

    private func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
        unread.append(bytes)
        if unread.count > MultiplexingLimits.window { hasLagged = true }
    }

    /// More may be written; false when the peer gives more than the largest window.
    func gained(_ amount: Int) -> Bool {
        let most = MultiplexingLimits.largestWindow
        guard amount <= most, credit + amount <= most else { return false }
        credit += amount
        roomCame()
        return true
    }

    func roomCame() {
        guard isBlocked, credit > 0 else { return }
        isBlocked = false
        if interest.contains(.writable) { source?.ready(.writable) }
    }

    func peerEnded() {
        guard !hasPeerEnded, failure == nil else { return }
        hasPeerEnded = true
        if interest.contains(.readable) { source?.ready(.readable) }
        if hasEnded { isOver() }
    }

    func peerReset(isRefusal: Bool) {
        broke(isRefusal ? .refused : .truncated)
        isOver()
    }

    func connectionEnded(_ error: TransportError) {
        broke(error)
        isOver()
    }

    private func broke(_ error: TransportError) {
        guard failure == nil else { return }
        failure = error
        source?.ready(.error)
    }
}
