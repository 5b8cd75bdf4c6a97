internal import HTTP
internal import Sockets

/// Moves the bytes of one connection between its transport and its protocol.
///
/// The pump holds three facts: if the transport takes bytes, which directions have ended, and the deadline of the peer
/// for the waiting output. The protocol parses input and makes output. It keeps its output buffer, because the frames
/// of HTTP/2 lie in a session, and passes the buffer to each call that sends.
///
/// Laws:
/// - Only the pump sends to the transport, and only `PumpedConnection.receiveInput` receives from it.
/// - No call of the pump calls the protocol.
/// - The deadline for output runs only while output waits for the peer. Each byte that leaves extends it.
struct TransportPump: ~Copyable {
    let transport: any Transport
    /// The transport takes no more bytes until it is ready for writing.
    private(set) var isWriteBlocked = false
    /// The peer has ended its direction.
    var isInputEnded = false
    /// Our direction has ended: the protocol may send no more bytes.
    private(set) var isOutputEnded = false
    /// The loop does not watch the transport, see `unwatch`.
    private(set) var isUnwatched = false
    private var outputClock: OutputClock
    /// Bytes that the transport has accepted since the last `takeSentBytes`.
    private var sentBytes = 0

    /// - Parameters:
    ///   - transport: after its handshake.
    ///   - outputDeadline: bounds the time in which the peer takes waiting output.
    init(_ transport: any Transport, outputDeadline: MinimumRateDeadline = .unbounded) {
        self.transport = transport
        outputClock = OutputClock(outputDeadline)
    }

    // MARK: Output

    /// Bounds the time in which the peer takes waiting output, anew. No output waits.
    mutating func limitOutput(to deadline: MinimumRateDeadline) { outputClock = OutputClock(deadline) }

    /// True while written bytes have not left: those of `output`, and those that the transport holds.
    func isWaiting(_ output: borrowing ByteBuffer) -> Bool { !output.isEmpty || transport.unsent > 0 }

    /// The time at which the peer is late in taking output, in nanoseconds of the loop's clock; `OutputClock.never`
    /// while no output waits.
    var outputLateAt: UInt64 { outputClock.lateAt }

    /// Bytes that are charged for the transport's own buffer. While the transport is not blocked, it holds them for this turn only.
    var unsentCharge: Int { isWriteBlocked ? transport.unsent : 0 }

    /// The transport is ready for writing.
    mutating func becameWritable() { isWriteBlocked = false }

    /// The transport has to write before it can receive, and is not ready for that.
    mutating func blockWriting() { isWriteBlocked = true }

    /// Appends content to `output`. A large piece goes to the transport without a copy, and leaves with the next `send`.
    ///
    /// - Returns: `moved` counts the bytes that the transport has taken. The outcome is `.blocked` when this call met a
    ///   transport that takes no more, and `.done` when an earlier one did.
    mutating func gather(
        _ content: UnsafeBufferPointer<UInt8>, behind output: inout ByteBuffer, now: UInt64
    ) -> (moved: Int, outcome: SendOutcome) {
        guard !isWriteBlocked else {
            output.append(content)
            return (0, .done)
        }
        let gathering = output.gather(content, into: transport)
        sentBytes &+= gathering.moved
        if case .blocked = gathering.outcome { block(now: now) }
        return gathering
    }

    /// Sends as much of `output` as the transport takes.
    ///
    /// - Parameter isLast: ends our direction behind the bytes, in the segment of the last ones where they fit.
    /// - Returns: `moved` counts the bytes that have left. The outcome is `.done` when nothing waits any more.
    mutating func send(
        _ output: inout ByteBuffer, isLast: Bool = false, now: UInt64
    ) -> (moved: Int, outcome: SendOutcome) {
        guard !isWriteBlocked else {
            if isWaiting(output) { outputClock.start(now: now) }
            return (0, .blocked)
        }
        let endsOutput = isLast && !isOutputEnded
        let before = output.count
        let sending = endsOutput ? output.sendLast(through: transport) : output.send(through: transport)
        sentBytes &+= before - output.count
        switch sending.outcome {
        case .done:
            if endsOutput { isOutputEnded = true }
        case .blocked: block(now: now)
        case .failed: break
        }
        outputClock.moved(sending.moved, now: now)
        return sending
    }

    /// The number of bytes that the transport has accepted since the last call.
    mutating func takeSentBytes() -> UInt64 {
        defer { sentBytes = 0 }
        return UInt64(truncatingIfNeeded: sentBytes)
    }

    /// The protocol has no more output at the moment, so the deadline for output ends, unless output still waits. The
    /// deadline does not end inside `send`: more output may follow at once, and then the peer has not caught up.
    mutating func finishSending(_ output: borrowing ByteBuffer) {
        if !isWriteBlocked || !isWaiting(output) { outputClock.stop() }
    }

    private mutating func block(now: UInt64) {
        isWriteBlocked = true
        outputClock.start(now: now)
    }

    /// Ends our direction at once: bytes that have not left never do.
    mutating func closeWrite() {
        guard !isOutputEnded else { return }
        isOutputEnded = true
        transport.closeWrite()
    }

    // MARK: Interest

    /// Makes the loop report the awaited events: input if `reads`, and room for output while the transport is blocked.
    func updateInterest(reads: Bool, of source: EventSource, on loop: EventLoop) {
        var interest: Readiness = reads ? .readable : []
        if isWriteBlocked { interest.insert(.writable) }
        transport.update(source, on: loop, for: interest)
    }

    /// Stops the loop's watch of the transport. epoll(7) reports the end of both directions in every turn, with any
    /// interest.
    mutating func unwatch(_ source: EventSource, on loop: EventLoop) {
        isUnwatched = true
        transport.unwatch(source, on: loop)
    }

    /// Makes the loop watch the transport again, if it does not.
    mutating func watchAgain(_ source: EventSource, on loop: EventLoop) throws(SystemError) {
        guard isUnwatched else { return }
        isUnwatched = false
        try transport.watch(source, on: loop, for: .readable)
    }
}
