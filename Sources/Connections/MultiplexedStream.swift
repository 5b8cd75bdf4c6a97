internal import HTTP
internal import Multiplexing
internal import Sockets

/// One byte stream of a multiplexed connection, as a transport.
///
/// The watching source reads content during the receive call, without a copy. Only unread bytes are stored. The window
/// bounds them, because the peer gets credit only for read bytes. Credit is granted at the end of a turn, if the source
/// has read everything and still wants more. So a source that stops reading stops the peer.
///
/// A source that expects to read little announces that (`expect`). The peer then sends
/// `MultiplexingLimits.hesitantWindow` bytes. As they are read it sends more, each time twice as many.
final class MultiplexedStream: Transport {
    let id: StreamID
    /// Holds the stream until `isOver`, which every end of the stream calls.
    private let multiplexer: Multiplexer
    /// Owns the stream. Held from `watch` to `unwatch`, which every close of the source calls.
    private var source: EventSource?
    private var interest: Readiness = []

    // Incoming direction.
    /// The unread part of the piece that is being received.
    private var piece = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Received bytes that were left unread.
    private var kept = ByteBuffer()
    /// The most bytes of the peer that may be in transit and unread here.
    private var window = MultiplexingLimits.window
    /// The bytes that the peer may still send.
    private var allowance = MultiplexingLimits.window
    /// More than the smallest window was unread since the last credit: the reader does not keep up.
    private var hasLagged = false
    /// Read bytes that were not granted as credit yet.
    private var owed = 0
    /// The next credit is in the multiplexer's list.
    private var isCreditDue = false
    /// The next credit of a hesitant stream; 0 for another stream.
    private var hesitantStep = 0
    /// The peer has not received the sign to hesitate yet.
    private var isHesitationDue = false
    private var hasPeerEnded = false
    /// The failure after the unread bytes.
    private var failure: TransportError?

    // Outgoing direction.
    private var credit = MultiplexingLimits.window
    /// The bytes that may leave before the next credit, whatever the credit; see `MultiplexingLimits.hesitantWindow`.
    private var hesitantLeft = Int.max
    private var hasBegun: Bool
    private var hasEnded = false
    private var isBlocked = false
    /// The place in the multiplexer's list of streams that wait for room; nil outside of it.
    var placeAmongBlocked: Int?
    private var isClosed = false
    private let live: LiveObject

    /// - Parameter isAccepted: the peer opened the stream.
    init(id: StreamID, multiplexer: Multiplexer, isAccepted: Bool) {
        self.id = id
        self.multiplexer = multiplexer
        hasBegun = isAccepted
        live = LiveObject(MultiplexedStream.self, on: multiplexer.loop)
    }

    // MARK: For the source

    var needsHandshake: Bool { false }
    func handshake() -> HandshakeResult { .complete }
    var peerIdentity: PeerIdentity { multiplexer.peerIdentity }
    var negotiatedProtocol: ApplicationProtocol? { .http1 }
    var hasBufferedInput: Bool { !piece.isEmpty || !kept.isEmpty || hasPeerEnded || failure != nil }

    func watch(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {
        self.source = source
        self.interest = interest
        loop.watchWithoutDescriptor(source)
        if interest.contains(.readable) && hasBufferedInput { loop.callNextTurn(source) }
    }

    func update(_ source: EventSource, on loop: EventLoop, for interest: Readiness) {
        let isNew = interest.contains(.readable) && !self.interest.contains(.readable)
        self.interest = interest
        guard isNew else { return }
        if hasBufferedInput { loop.callNextTurn(source) } else { noteCredit() }
    }

    func unwatch(_ source: EventSource, on loop: EventLoop) {
        self.source = nil
        interest = []
        loop.unwatch(source)
    }

    func receive(using scratch: UnsafeMutableBufferPointer<UInt8>) -> ReceiveResult {
        let bytes: UnsafeBufferPointer<UInt8>
        if !kept.isEmpty {
            let count = min(scratch.count, kept.count)
            scratch.baseAddress?.update(from: kept.readable.baseAddress!, count: count)
            kept.consume(count)
            if kept.isEmpty { kept.release() }
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
        noteCredit()
        return .bytes(bytes)
    }

    /// Announces how much of the peer's next message the reader will read at once: much, or little more than its
    /// beginning. Call it before writing the request for that message.
    func expect(muchAtOnce: Bool) {
        if !muchAtOnce {
            hesitantStep = MultiplexingLimits.hesitantWindow
            isHesitationDue = true
        } else if hesitantStep > 0 {
            trust()
        }
    }

    private func trust() {
        hesitantStep = 0
        isHesitationDue = false
        // The window shrinks again as bytes are read.
        hasLagged = true
        give(MultiplexingLimits.trustingCredit)
        window += MultiplexingLimits.trustingCredit
    }

    /// A stream whose window can't grow any more stays hesitant, and does not suit a reader that reads much.
    var isReusable: Bool {
        hesitantStep == 0 || window + MultiplexingLimits.trustingCredit <= MultiplexingLimits.largestWindow
    }

    // MARK: Credit

    private var creditThreshold: Int { hesitantStep > 0 ? hesitantStep / 2 : window / 2 }

    private func noteCredit() {
        guard owed >= creditThreshold, !isCreditDue, !hasPeerEnded, !isClosed else { return }
        isCreditDue = true
        multiplexer.giveCredit(of: self)
    }

    /// Called at the end of the turn.
    func creditCame() {
        isCreditDue = false
        guard owed >= creditThreshold, interest.contains(.readable), kept.isEmpty, piece.isEmpty else { return }
        if hesitantStep > 0 { giveStep() } else { giveBack(mayGrow: true) }
    }

    private func giveStep() {
        guard !hasPeerEnded, !isClosed else { return }
        let step = min(2 * hesitantStep, MultiplexingLimits.largestWindow - window + owed)
        guard step > 0 else { return }
        hesitantStep = step >= MultiplexingLimits.trustingCredit ? 0 : step
        window += step - owed
        owed = 0
        give(step)
    }

    private func give(_ amount: Int) {
        multiplexer.writeCredit(amount, id)
        allowance += amount
    }

    /// Grants credit for read bytes. A fast stream with a reader that keeps up gets more. If a grown window has proved
    /// too large, the stream gets less.
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
        hasLagged = hasLagged && next > MultiplexingLimits.window
        owed = 0
        if amount > 0 { give(amount) }
    }

    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> TransportResult {
        if let failure { return .failed(failure) }
        if hasEnded || isClosed { return .endOfStream }
        let count = min(bytes.count, room, MultiplexingLimits.payload)
        guard count > 0 else {
            if min(credit, hesitantLeft) > 0 { multiplexer.awaitRoom(self) }
            isBlocked = true
            return .wouldBlock(.write)
        }
        if isHesitationDue {
            beginHesitation()
        } else if owed >= MultiplexingLimits.window / 8, hesitantStep == 0 {
            // At this time it costs little, and the response finds the window open.
            giveBack(mayGrow: false)
        }
        let kind: FrameKind = hasBegun ? .data : .open
        hasBegun = true
        credit -= count
        if hesitantLeft != .max { hesitantLeft -= count }
        multiplexer.write(
            FrameHeader(kind: kind, length: count, stream: id), UnsafeBufferPointer(rebasing: bytes[..<count]))
        return .bytes(count)
    }

    /// Sends the sign to hesitate, before the request for the peer's message.
    private func beginHesitation() {
        isHesitationDue = false
        if !hasBegun {
            multiplexer.write(.open, id)
            hasBegun = true
        }
        multiplexer.writeCredit(0, id)
    }

    var room: Int { min(credit, hesitantLeft, multiplexer.room) }

    /// The connection is shared, and this stream's unread bytes must not be dropped.
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

    /// Bytes in transit belong to the connection, which stays open.
    func reset() { close() }

    var undelivered: Int { 0 }

    private func isOver() {
        guard !isClosed else { return }
        isClosed = true
        multiplexer.leave(self)
    }

    // MARK: Calls of the multiplexer

    /// Returns whether the peer may send this many bytes, and subtracts them from its allowance.
    func expects(_ count: Int) -> Bool {
        allowance -= count
        return allowance >= 0 && !hasPeerEnded
    }

    func received(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard !isClosed else { return }
        guard kept.isEmpty, interest.contains(.readable), let source else { return keep(bytes) }
        piece = bytes
        source.ready(.readable)
        if !piece.isEmpty && !isClosed { keep(piece) }
        piece = UnsafeBufferPointer(start: nil, count: 0)
    }

    var unread: Int { kept.capacity }

    private func keep(_ bytes: UnsafeBufferPointer<UInt8>) {
        kept.append(bytes)
        // The source charges the stored bytes.
        if let source { multiplexer.loop.callAtEndOfTurn(source) }
        if kept.count > MultiplexingLimits.window { hasLagged = true }
    }

    /// Adds credit. Returns false if the peer exceeds the largest window.
    func gained(_ amount: Int) -> Bool {
        let most = MultiplexingLimits.largestWindow
        guard amount <= most, credit + amount <= most else { return false }
        credit += amount
        if amount == 0 {
            hesitantLeft = MultiplexingLimits.hesitantWindow
        } else if amount >= MultiplexingLimits.trustingCredit {
            hesitantLeft = .max
        } else if hesitantLeft != .max {
            hesitantLeft += amount
        }
        roomCame()
        return true
    }

    func roomCame() {
        guard isBlocked, credit > 0, hesitantLeft > 0 else { return }
        // The peer may give credit as often as it likes, and read nothing.
        guard multiplexer.room > 0 else { return multiplexer.awaitRoom(self) }
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
