internal import HTTP

/// The client's side of one HTTP exchange, without I/O and without a clock: events in, one small result for each.
///
///     request     idle -> sending -> sent
///     response    idle -> awaitingHead -> content -> idle
///
/// A 101 turns both halves into the directions of a tunnel, and each direction ends on its own. The protocol's adapter
/// (`UpstreamConnection`, `HTTP2UpstreamStream`) frames the messages, moves the bytes and runs one timer: `patience` says
/// which time limit applies.
struct ClientExchange {
    enum RequestHalf: Equatable {
        case idle
        /// The head is out, and content may follow.
        case sending
        case sent
        case tunnel(Direction)
    }

    enum ResponseHalf: Equatable {
        case idle
        case awaitingHead(interimResponses: Int)
        case content(isCounted: Bool)
        case tunnel(isEnded: Bool)
    }

    /// The client's direction of a tunnel.
    enum Direction: Equatable {
        case open
        /// The client has ended the direction, and output may wait.
        case ending
        /// The end has been sent.
        case ended
    }

    /// The reaction to a response head.
    enum HeadStep: Equatable {
        /// Another head follows.
        case forwardInterim
        /// The final response, with the framing of its content.
        case forward(BodyFraming)
        case fail(HTTPError)
    }

    /// The meaning of the end of the upstream's output.
    enum InputStep: Equatable {
        /// The upstream has closed its direction of the tunnel. The client's direction continues.
        case halfClosed
        /// The response may be complete, if its framing permits this end.
        case responseMayBeComplete
        case fail(EndOfConnection)
    }

    /// The step after all output has left.
    enum OutputStep: Equatable {
        case nothing
        /// Close the sending side, and wait for the upstream's close.
        case endDirection
        /// Both directions of the tunnel have ended.
        case finish
    }

    enum EndOfConnection { case beforeResponse, inResponse }

    /// The time limit for the upstream's next step.
    enum Patience: Equatable {
        /// The next step is not the upstream's.
        case unlimited
        /// To read output, or to send more of a response of known length.
        case stall
        /// To send more of a response of unknown length.
        case stream
        /// To begin the response.
        case response
    }

    /// The most interim responses before the final one. An upstream that sends more is faulty or hostile.
    private static let maximumInterimResponses = 16

    private(set) var request = RequestHalf.idle
    private(set) var response = ResponseHalf.idle
    private(set) var method = Method.get
    private var mayTunnel = false

    // MARK: State

    /// A request is attached.
    var isActive: Bool { request != .idle }
    var isTunnel: Bool { if case .tunnel = request { true } else { false } }

    /// The client has sent everything: the request, or its direction of the tunnel.
    var isRequestEnded: Bool {
        switch request {
        case .sent, .tunnel(.ending), .tunnel(.ended): true
        case .idle, .sending, .tunnel(.open): false
        }
    }

    /// The upstream has ended its direction of the tunnel.
    var isInputEnded: Bool { response == .tunnel(isEnded: true) }

    /// The final response has begun.
    var isResponseBegun: Bool {
        switch response {
        case .idle, .awaitingHead: false
        case .content, .tunnel: true
        }
    }

    /// The meaning of an end of the connection now.
    var endOfConnection: EndOfConnection { isResponseBegun ? .inResponse : .beforeResponse }

    // MARK: Events from the client

    /// A request begins.
    mutating func begin(method: Method, mayTunnel: Bool) {
        precondition(!isActive, "an upstream was given a request while it had one")
        self.method = method
        self.mayTunnel = mayTunnel
        request = .sending
        response = .awaitingHead(interimResponses: 0)
    }

    /// The client has sent everything.
    mutating func endRequest() {
        switch request {
        case .sending: request = .sent
        case .tunnel(.open): request = .tunnel(.ending)
        case .idle, .sent, .tunnel: break
        }
    }

    /// The request has ended, in any way.
    ///
    /// - Returns: true if both halves are complete, so that the connection is in step for another request.
    @discardableResult
    mutating func end() -> Bool {
        let isInStep = request == .sent && isResponseBegun
        request = .idle
        response = .idle
        return isInStep
    }

    // MARK: Events from the upstream

    /// A response head has arrived.
    mutating func received(_ head: borrowing ResponseHead) -> HeadStep {
        guard case .awaitingHead(let count) = response else { return .fail(.malformedStatusLine) }
        if head.isInterim {
            guard count < ClientExchange.maximumInterimResponses else { return .fail(.tooManyInterimResponses) }
            response = .awaitingHead(interimResponses: count + 1)
            return .forwardInterim
        }
        guard head.status == 101 else {
            response = .content(isCounted: head.framing.isCounted)
            return .forward(head.framing)
        }
        guard mayTunnel && head.switchesToWebSocket else { return .fail(.unexpectedSwitch) }
        // The request was complete. A direction of bytes follows.
        request = .tunnel(.open)
        response = .tunnel(isEnded: false)
        return .forward(.untilClose)
    }

    /// The upstream sends no more.
    mutating func inputEnded() -> InputStep {
        switch response {
        case .idle, .awaitingHead: return .fail(.beforeResponse)
        case .content: return .responseMayBeComplete
        case .tunnel:
            guard request == .tunnel(.open) else { return .responseMayBeComplete }
            response = .tunnel(isEnded: true)
            return .halfClosed
        }
    }

    /// All output has left.
    mutating func outputSent() -> OutputStep {
        guard request == .tunnel(.ending) else { return .nothing }
        request = .tunnel(.ended)
        return isInputEnded ? .finish : .endDirection
    }

    // MARK: Time

    /// The time limit that applies now.
    ///
    /// - Parameters:
    ///   - isOutputWaiting: output waits for the upstream.
    ///   - isReadingPaused: the client does not want the response now.
    func patience(isOutputWaiting: Bool, isReadingPaused: Bool) -> Patience {
        switch response {
        case .idle: return .unlimited
        case .tunnel: return isOutputWaiting ? .stall : .unlimited
        case .awaitingHead:
            if isOutputWaiting { return .stall }
            // Before the end of the request, the next step is the client's, which has a time limit of its own.
            return isRequestEnded ? .response : .unlimited
        case .content(let isCounted):
            if isReadingPaused { return .unlimited }
            if isOutputWaiting || isCounted { return .stall }
            return isRequestEnded ? .stream : .unlimited
        }
    }
}

extension UpstreamLimits {
    /// The limit of a patience; nil for none.
    func milliseconds(_ patience: ClientExchange.Patience) -> Int? {
        switch patience {
        case .unlimited: nil
        case .stall: stallMilliseconds
        case .stream: streamMilliseconds
        case .response: responseMilliseconds > 0 ? responseMilliseconds : nil
        }
    }
}
