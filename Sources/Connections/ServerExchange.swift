internal import HTTP

/// One request of a client and its response, as a state machine. It decides three things: the progress of each half,
/// the answerer, and the client's next duty with its deadline. It does no I/O, reads no clock and calls no other
/// object. HTTP/1.1 and HTTP/2 frame its decisions.
///
/// The request half:
///
///     none -> content -> whole                           a message; a request without content begins as whole
///             content -> unwanted -> whole               the response was complete first
///     whole -> tunnel -> tunnelEnded                     HTTP/1.1: an upgrade was granted
///     held  -> tunnel -> tunnelEnded                     HTTP/2: an extended CONNECT was granted
///     held  -> unwanted -> whole                         the extended CONNECT was refused
///
/// The response half:
///
///     none -> head -> content -> ended
///     none -> tunnelHead -> tunnel -> tunnelEnded
///
/// The server may end both directions of a tunnel at once: the request half becomes `unwanted`.
///
/// Laws:
/// - The service is called only while `answerer` is `.service`. It is not called after its response, or both directions
///   of its tunnel, have ended.
/// - After `cancel` every write of the service is ignored.
/// - Some calls are possible only by a fault of this program, such as a second response. `assert` traps in debug
///   builds, `precondition` in every build.
struct ServerExchange {
    private(set) var request = Request.none
    private(set) var response = Response.none
    private(set) var answerer = Answerer.nobody
    /// The service wants no more content for the moment.
    private(set) var isPaused = false
    /// The client waits for a 100 before it sends its content, and has not got one (RFC 9110 10.1.1).
    private(set) var awaitsContinue = false
    private(set) var clock: ExchangeClock

    /// - Parameter progress: the pace at which the client has to move bytes.
    init(progress: MinimumRateDeadline) {
        clock = ExchangeClock(progress)
    }

    // MARK: Questions

    /// No request is in progress, and the next may begin.
    var isIdle: Bool { request == .none && response == .none }

    /// A response may begin.
    var canRespond: Bool { answerer != .nobody && response == .none }

    /// A tunnel may begin. HTTP/1.1 needs a complete request before it, HTTP/2 a held one.
    var mayBeginTunnel: Bool { canRespond && (isHeld || request == .whole) }

    var isResponseStarted: Bool { response != .none }

    /// The service, or the server for it, has ended the response or its direction of the tunnel.
    var isResponseEnded: Bool { response == .ended || response == .tunnelEnded }

    /// The service gets the bytes that arrive.
    var feedsService: Bool {
        guard answerer == .service else { return false }
        switch request {
        case .content, .tunnel: return true
        case .none, .unwanted, .whole, .held, .tunnelEnded: return false
        }
    }

    /// The client has ended the request, or its direction of the tunnel.
    var isInputEnded: Bool {
        switch request {
        case .content(let direction), .held(let direction), .tunnel(let direction): direction == .ended
        case .whole, .tunnelEnded: true
        case .none, .unwanted: false
        }
    }

    var isTunnel: Bool {
        switch response {
        case .tunnelHead, .tunnel, .tunnelEnded: true
        case .none, .head, .content, .ended: false
        }
    }

    /// The rest of the request is read and dropped.
    var isUnwanted: Bool { if case .unwanted = request { true } else { false } }

    var isHeld: Bool { if case .held = request { true } else { false } }

    /// Both halves have ended.
    var isOver: Bool {
        switch response {
        case .ended: request == .whole
        case .tunnelEnded: request == .tunnelEnded
        case .none, .head, .content, .tunnelHead, .tunnel: false
        }
    }

    // MARK: The request

    /// The service gets a request.
    ///
    /// - Parameter request: `.content`, `.whole` or `.held`, according to its head.
    mutating func begin(_ request: Request) {
        assert(answerer == .nobody, "a request was begun while another one is being answered")
        self.request = request
        response = .none
        answerer = .service
        isPaused = false
        awaitsContinue = false
        clock.begin()
    }

    /// The client waits for a 100. Called right after `begin`.
    mutating func expectContinue() { awaitsContinue = true }

    /// The service, or the server for it, asks for the content.
    ///
    /// - Returns: true if the client has to get a 100: it waits for one, and has no final response.
    mutating func askForContent(now: UInt64) -> Bool {
        guard awaitsContinue, canRespond else { return false }
        awaitsContinue = false
        clock.restart(now: now)
        return true
    }

    /// Sets the pace of the request's content.
    ///
    /// - Parameter isCounted: its length is known.
    mutating func limitContent(to deadline: MinimumRateDeadline, isCounted: Bool, now: UInt64) {
        clock.limitContent(to: deadline, isCounted: isCounted, now: now)
    }

    /// A request has arrived whose head is refused, so no service gets it. Its content may follow.
    mutating func beginUnserved() {
        assert(answerer == .nobody, "a request was begun while another one is being answered")
        request = .content(.open)
        response = .none
    }

    /// The server answers instead of the service. No service gets the rest of the request. It becomes unwanted
    /// at the end of the response.
    ///
    /// - Returns: the previous answerer.
    mutating func answerAlone() -> Answerer {
        assert(!isResponseStarted, "the server answers a request whose response has begun")
        let before = cancel()
        answerer = .server
        switch request {
        case .none: request = .whole
        case .content(.open), .unwanted, .whole, .held, .tunnel, .tunnelEnded: break
        case .content(.ended): request = .whole
        }
        return before
    }

    /// A piece of content, or of a tunnel, has arrived.
    mutating func contentCame(_ count: Int, now: UInt64) {
        awaitsContinue = false
        clock.inputMoved(count, now: now)
    }

    /// Counts unwanted content; false if its total exceeds `limit`.
    mutating func swallow(_ count: Int, atMost limit: Int) -> Bool {
        guard case .unwanted(let swallowed) = request else { return true }
        request = .unwanted(swallowed: swallowed + count)
        return swallowed + count <= limit
    }

    /// The client has ended its direction. The service may still have to take bytes that came before.
    mutating func inputEnded() {
        switch request {
        case .content: request = .content(.ended)
        case .held: request = .held(.ended)
        case .tunnel: request = .tunnel(.ended)
        case .unwanted: request = .whole
        case .none, .whole, .tunnelEnded: break
        }
    }

    /// The effect of the request's end on the service.
    enum End: Equatable {
        /// The service already knows, or has ended.
        case untold
        /// The service has all received bytes: call `requestEnd`.
        case tell
        /// Like `tell`; and since the tunnel's other direction ended before, the tunnel is over.
        case tellTunnelOver
    }

    /// The service has all received bytes, and the client has ended its direction.
    mutating func requestEnded(now: UInt64) -> End {
        switch request {
        case .content:
            request = .whole
            return answerer == .service ? .tell : .untold
        case .tunnel:
            request = .tunnelEnded
            clock.moved(now: now)
            guard answerer == .service else { return .untold }
            guard response == .tunnelEnded else { return .tell }
            answerer = .nobody
            return .tellTunnelOver
        case .unwanted:
            request = .whole
            return .untold
        case .none, .whole, .held, .tunnelEnded: return .untold
        }
    }

    /// - Returns: true if that is a change.
    mutating func pause() -> Bool {
        guard !isPaused else { return false }
        isPaused = true
        return true
    }

    /// Gives the client its full time for the next piece of content.
    ///
    /// - Returns: true if that is a change.
    mutating func resume(now: UInt64) -> Bool {
        guard isPaused else { return false }
        isPaused = false
        clock.restart(now: now)
        return true
    }

    // MARK: The response

    mutating func beginResponse() {
        precondition(canRespond, "a response was begun twice or without a request")
        response = .head
    }

    mutating func endHead(_ content: Content) {
        guard response == .head else { return }
        response = .content(content)
    }

    mutating func beginTunnel() {
        precondition(mayBeginTunnel, "a tunnel was begun that nobody asked for")
        response = .tunnelHead
    }

    /// From now on bytes pass unchanged in both directions.
    mutating func endTunnelHead(now: UInt64) {
        guard response == .tunnelHead else { return }
        response = .tunnel
        switch request {
        case .held(let direction): request = .tunnel(direction)
        case .whole: request = .tunnel(.open)
        case .none, .content, .unwanted, .tunnel, .tunnelEnded: break
        }
        clock.moved(now: now)
    }

    /// The fate of content that the service writes.
    enum Write {
        case ignored
        case accepted
        /// It exceeds the length in the head: the response has to break off.
        case tooMuch
    }

    mutating func write(_ count: Int) -> Write {
        switch response {
        case .content(.counted(let left)):
            guard answerer != .nobody else { return .ignored }
            guard UInt64(count) <= left else { return .tooMuch }
            response = .content(.counted(left: left - UInt64(count)))
            return .accepted
        case .content(.unbounded), .tunnel: return answerer == .nobody ? .ignored : .accepted
        case .content(.none), .none, .head, .ended, .tunnelHead, .tunnelEnded: return .ignored
        }
    }

    var takesTrailers: Bool {
        guard answerer != .nobody else { return false }
        switch response {
        case .content(.counted), .content(.unbounded): return true
        case .content(.none), .none, .head, .ended, .tunnelHead, .tunnel, .tunnelEnded: return false
        }
    }

    enum ResponseEnd {
        case ignored
        /// The content is shorter than the length in the head: the response has to break off.
        case short
        /// The response is complete, and the service has finished the request.
        case whole
        /// One direction of the tunnel has ended; the other continues.
        case half
        /// Both directions of the tunnel have ended, and the service has finished it.
        case tunnelOver
    }

    mutating func endResponse(now: UInt64) -> ResponseEnd {
        guard answerer != .nobody else { return .ignored }
        switch response {
        case .content(.counted(let left)) where left > 0: return .short
        case .content:
            response = .ended
            answerer = .nobody
            isPaused = false
            dropRest()
            return .whole
        case .tunnel:
            response = .tunnelEnded
            clock.moved(now: now)
            guard request == .tunnelEnded else { return .half }
            answerer = .nobody
            return .tunnelOver
        case .none, .head, .ended, .tunnelHead, .tunnelEnded: return .ignored
        }
    }

    private mutating func dropRest() {
        switch request {
        case .content(.open), .held(.open): request = .unwanted(swallowed: 0)
        case .content(.ended), .held(.ended): request = .whole
        case .none, .unwanted, .whole, .tunnel, .tunnelEnded: break
        }
    }

    // MARK: The end

    /// Ends the answer.
    ///
    /// - Returns: the previous answerer. If that is a service, the caller cancels it.
    mutating func cancel() -> Answerer {
        let before = answerer
        answerer = .nobody
        isPaused = false
        return before
    }

    /// The server ends both directions of a tunnel. The client's bytes are dropped until `instant`.
    ///
    /// - Returns: the previous answerer. If that is a service, the caller cancels it.
    mutating func endTunnel(restEndsAt instant: UInt64, now: UInt64) -> Answerer {
        let before = cancel()
        guard isTunnel else { return before }
        response = .tunnelEnded
        request = isInputEnded ? .tunnelEnded : .unwanted(swallowed: 0)
        clock.drainEndsAt = ExchangeClock.never
        clock.limitRest(to: instant, silence: ExchangeClock.never, now: now)
        return before
    }

    /// The exchange is over, and its place is free for the next request.
    mutating func finish() {
        assert(answerer == .nobody, "a request was finished that is being answered")
        request = .none
        response = .none
        awaitsContinue = false
    }

    // MARK: Time

    /// Output has left for the client.
    mutating func outputMoved(now: UInt64) { clock.outputMoved(now: now) }

    /// The client has ended its side of the connection, and waits for this answer until `instant`.
    mutating func limitAnswer(to instant: UInt64) { clock.answerLateAt = instant }

    /// The connection drains: a tunnel continues until `instant`.
    ///
    /// - Returns: false if that time was limited before.
    mutating func limitTunnel(to instant: UInt64) -> Bool {
        guard clock.drainEndsAt == ExchangeClock.never else { return false }
        clock.drainEndsAt = instant
        return true
    }

    /// The time for the rest of an unwanted request runs.
    var isRestLimited: Bool { clock.restEndsAt != ExchangeClock.never }

    /// The end of the time for the rest of an unwanted request; `never` for another request.
    var restEndsAt: UInt64 { isUnwanted ? clock.restEndsAt : ExchangeClock.never }

    /// The dropped bytes of an unwanted request.
    var swallowedBytes: Int { if case .unwanted(let swallowed) = request { swallowed } else { 0 } }

    /// The rest of an unwanted request is discarded until `instant`.
    ///
    /// - Parameter silence: nanoseconds without a byte that end the time early; `never` for none.
    mutating func limitRest(to instant: UInt64, silence: UInt64 = ExchangeClock.never, now: UInt64) {
        clock.limitRest(to: instant, silence: silence, now: now)
    }
}
