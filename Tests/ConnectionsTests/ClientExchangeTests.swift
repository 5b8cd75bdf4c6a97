import HTTP
import Testing

@testable import Connections

/// Conversations of a client with an upstream, without sockets and without time.
@Suite struct ClientExchangeTests {
    /// One conversation with its machine.
    private final class Conversation {
        private(set) var exchange = ClientExchange()

        /// - Parameter isWhole: the client has sent the whole request.
        init(mayTunnel: Bool = false, isWhole: Bool = true) {
            exchange.begin(method: .get, mayTunnel: mayTunnel)
            if isWhole { exchange.endRequest() }
        }

        /// The copy of another conversation.
        init(_ other: Conversation) { exchange = other.exchange }

        func begin() { exchange.begin(method: .post, mayTunnel: false) }
        func endRequest() { exchange.endRequest() }
        func end() -> Bool { exchange.end() }
        func inputEnded() -> ClientExchange.InputStep { exchange.inputEnded() }
        func outputSent() -> ClientExchange.OutputStep { exchange.outputSent() }

        func receive(
            _ status: UInt16, _ framing: BodyFraming = .none, switches: Bool = false
        ) -> ClientExchange.HeadStep {
            var head = ResponseHead()
            head.status = status
            head.framing = framing
            head.switchesToWebSocket = switches
            return exchange.received(head)
        }

        func patience(waiting: Bool = false, paused: Bool = false) -> ClientExchange.Patience {
            exchange.patience(isOutputWaiting: waiting, isReadingPaused: paused)
        }
    }

    private func tunnel() -> Conversation {
        let conversation = Conversation(mayTunnel: true)
        #expect(conversation.receive(101, switches: true) == .forward(.untilClose))
        return conversation
    }

    // MARK: Requests and responses

    @Test func `A whole exchange leaves the connection in step`() {
        #expect(!ClientExchange().isActive)
        let conversation = Conversation(isWhole: false)
        for number in 0..<2 {
            if number > 0 { conversation.begin() }
            #expect(conversation.exchange.isActive && conversation.exchange.endOfConnection == .beforeResponse)
            conversation.endRequest()
            #expect(conversation.receive(200, .length(5)) == .forward(.length(5)))
            #expect(conversation.exchange.endOfConnection == .inResponse)
            #expect(conversation.end())
            #expect(!conversation.exchange.isActive && conversation.exchange.response == .idle)
        }
    }

    @Test func `A response before the end of the request leaves the connection out of step`() {
        let conversation = Conversation(isWhole: false)
        #expect(conversation.receive(413, .length(0)) == .forward(.length(0)))
        #expect(!conversation.end())
    }

    @Test func `A request that ends without a response leaves the connection out of step`() {
        let conversation = Conversation()
        #expect(!conversation.end())
    }

    @Test func `Interim responses pass, and sixteen are the limit`() {
        let conversation = Conversation()
        #expect(conversation.receive(100) == .forwardInterim)
        for _ in 0..<15 { #expect(conversation.receive(103) == .forwardInterim) }
        #expect(!conversation.exchange.isResponseBegun)
        #expect(Conversation(conversation).receive(204) == .forward(.none))
        #expect(conversation.receive(103) == .fail(.tooManyInterimResponses))
    }

    @Test func `A second final head is an error`() {
        let conversation = Conversation()
        #expect(conversation.receive(200, .chunked) == .forward(.chunked))
        #expect(conversation.receive(200, .chunked) == .fail(.malformedStatusLine))
    }

    @Test(arguments: [(false, true), (true, false), (false, false)])
    func `A 101 that answers no handshake is an error`(mayTunnel: Bool, switches: Bool) {
        let conversation = Conversation(mayTunnel: mayTunnel)
        #expect(conversation.receive(101, switches: switches) == .fail(.unexpectedSwitch))
    }

    // MARK: The end of the connection

    @Test func `The end of the connection means what the response half says`() {
        let conversation = Conversation()
        #expect(conversation.inputEnded() == .fail(.beforeResponse))
        #expect(conversation.receive(200, .untilClose) == .forward(.untilClose))
        #expect(conversation.inputEnded() == .responseMayBeComplete)
    }

    // MARK: Tunnels

    @Test func `The upstream ends its direction of a tunnel first`() {
        let conversation = tunnel()
        #expect(conversation.exchange.isTunnel && !conversation.exchange.isRequestEnded)
        #expect(conversation.outputSent() == .nothing)
        #expect(conversation.inputEnded() == .halfClosed)
        #expect(conversation.exchange.isInputEnded)
        conversation.endRequest()
        #expect(conversation.outputSent() == .finish)
        #expect(conversation.outputSent() == .nothing)
        #expect(!conversation.end())
    }

    @Test func `The client ends its direction of a tunnel first`() {
        let conversation = tunnel()
        conversation.endRequest()
        #expect(conversation.outputSent() == .endDirection)
        #expect(conversation.outputSent() == .nothing)
        #expect(conversation.inputEnded() == .responseMayBeComplete)
    }

    // MARK: Time

    @Test func `Before the response the upstream has time to take output and to respond`() {
        let conversation = Conversation(isWhole: false)
        // The next step is the client's.
        #expect(conversation.patience() == .unlimited)
        #expect(conversation.patience(waiting: true) == .stall)
        conversation.endRequest()
        #expect(conversation.patience() == .response)
        #expect(conversation.patience(waiting: true) == .stall)
        #expect(ClientExchange().patience(isOutputWaiting: false, isReadingPaused: false) == .unlimited)
    }

    @Test(arguments: [
        (BodyFraming.length(9), ClientExchange.Patience.stall), (.chunked, .stream), (.untilClose, .stream),
    ])
    func `In a response the time depends on whether its length is known`(
        framing: BodyFraming, patience: ClientExchange.Patience
    ) {
        let conversation = Conversation()
        #expect(conversation.receive(200, framing) == .forward(framing))
        #expect(conversation.patience() == patience)
        // The client does not want more now, so the silence is its own.
        #expect(conversation.patience(paused: true) == .unlimited)
        #expect(conversation.patience(waiting: true, paused: true) == .unlimited)
    }

    @Test func `A response of unknown length beside an unfinished request may be silent`() {
        let conversation = Conversation(isWhole: false)
        #expect(conversation.receive(200, .chunked) == .forward(.chunked))
        #expect(conversation.patience() == .unlimited)
        #expect(conversation.patience(waiting: true) == .stall)
    }

    @Test func `A tunnel may be silent, but its output has to move`() {
        #expect(tunnel().patience() == .unlimited)
        #expect(tunnel().patience(waiting: true) == .stall)
    }
}
