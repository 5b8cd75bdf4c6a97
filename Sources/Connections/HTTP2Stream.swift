internal import HTTP
internal import HTTP2
internal import Sockets

/// One request and its response on an HTTP/2 connection; the object serves one stream after the other.
///
/// Laws:
/// - The exchange is called from `begin` until the response has been ended by it, or until `cancelled`.
/// - `pending` holds content that came while the exchange wanted none; the stream's window bounds it. It is handed over at the end
///   of a turn, never inside a call of the exchange.
/// - Content counts as consumed when the exchange has taken it, or when nobody wants it any more.
/// - A response that can't be completed is broken off by RST_STREAM, so that the client can tell.
final class HTTP2Stream: Downstream {
    /// Holds the object in turn, until it has no more use for it.
    let connection: HTTP2Connection
    /// The place in the connection's list.
    let slot: Int
    var id: Int32 = 0
    var isOpen = false
    /// Set right after `init`, for good.
    var exchange: (any Exchange)?
    let timer: LoopTimer

    // The request.
    var pending = ByteBuffer()
    var pendingTrailers = TrailerSection()
    /// Bytes of counted content that have not come; not 0 for content of unknown length.
    var inputLeft = UInt64.max
    var isInputEnded = false
    /// The exchange has been told of the request's end.
    var isRequestRead = false
    var isReadingPaused = false
    var isResumed = false
    /// The request asks for a tunnel: what follows its head waits for the answer.
    var asksForTunnel = false
    /// Bytes pass as they are, both ways.
    var isTunnel = false
    /// The tunnel's time to go on is limited already.
    var isTunnelDraining = false

    // The response.
    /// The exchange is to be called, and may answer.
    var isExchangeActive = false
    /// We answer by ourselves, without the exchange.
    var isRefused = false
    var isResponseStarted = false
    var isResponseEnded = false
    var hasNoContent = false
    var framing = BodyFraming.none
    var contentLeft: UInt64 = 0
    /// Of the head, or of the trailers, that are being written.
    var fields = FieldList()
    var hasTrailers = false
    var output = ByteBuffer()
    /// Content that is framed from where it lies, during `writeBody`; then `output` is empty.
    var direct = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// The session was told that there is nothing to send.
    var isDeferred = false
    var wasCongested = false
    var isDrainedNoted = false
    /// The response has gone, and the request has not ended; what comes of it is swallowed.
    var isLingering = false
    var lingeredBytes = 0

    // Time.
    /// The length of the request's content is known.
    var isCounted = false
    /// When the content of the present request, and the client's taking of our output, are late.
    var contentDeadline: ProgressDeadline
    var outputDeadline: ProgressDeadline
    /// Output has been waiting for the client without a break.
    var isOutputTimed = false

    init(connection: HTTP2Connection, slot: Int) {
        self.connection = connection
        self.slot = slot
        contentDeadline = connection.server.limits.progress
        outputDeadline = contentDeadline
        timer = LoopTimer(on: connection.loop)
        timer.action = { [unowned self] in timedOut() }
    }

    // MARK: Downstream

    var loop: EventLoop { connection.loop }
    var server: Server { connection.server }
    var peerHost: String { connection.peerHost }
    var peerIdentity: PeerIdentity { connection.peerIdentity }
    var isDraining: Bool { server.isDraining }

    /// Answers instead of the exchange.
    func answerAlone(status: UInt16, _ message: StaticString) {
        cancelExchange()
        isRefused = true
        server.exchangeBegan()
        respond(status: status, error: "\(message)")
    }

    // MARK: The end

    func cancelExchange() {
        dropPending()
        if isRefused {
            isRefused = false
            server.exchangeEnded()
        }
        guard isExchangeActive else { return }
        isExchangeActive = false
        server.exchangeEnded()
        if isTunnel { server.counters.tunnelsEnded.add(1) }
        exchange?.cancelled()
    }

    /// Stops working on the request; the stream itself ends when the session says so.
    func giveUp() {
        cancelExchange()
        output.release()
    }

    /// The session has closed the stream.
    func closed() {
        giveUp()
        timer.cancel()
        isOpen = false
    }

    /// The connection has no more use for the object; the last call.
    func connectionClosed() {
        isOpen = false
        timer.remove()
        exchange?.connectionClosed()
        exchange = nil
    }

    /// The server finishes what is under way; a tunnel has no end of its own.
    func drain() {
        guard isTunnel, !isTunnelDraining else { return }
        isTunnelDraining = true
        timer.set(afterMilliseconds: server.limits.tunnelDrainMilliseconds)
    }
}
