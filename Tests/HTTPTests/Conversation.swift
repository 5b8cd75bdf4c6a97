import HTTP

/// The codec's result for all input from one side of a connection. The tests compare these results.
struct Conversation: Equatable {
    enum Ending: Equatable {
        /// The input ended between two messages.
        case clean
        case incompleteHead
        case incompleteBody
        case failed(HTTPError)
        /// Bytes arrived after a message that announced the end of the connection.
        case dataAfterClose
        /// The protocol was switched: the bytes that follow are not HTTP.
        case upgraded
    }

    enum Speaker: Equatable {
        case client
        /// A server that responds to requests with one method.
        case server(answering: HTTP.Method)
    }

    struct Message: Equatable {
        /// The method and target of a request, or the status and reason of a response.
        var start: [String]
        var method = HTTP.Method.other
        var path = ""
        var authority = ""
        var minorVersion: UInt8
        var fields: [FieldText]
        var framing: BodyFraming
        var isPersistent: Bool
        var expectsContinue = false
        var upgradesToWebSocket = false
        var body: [UInt8] = []
        /// The trailers that a proxy may forward.
        var trailers: [FieldText] = []
        var isComplete = false
    }

    struct FieldText: Equatable {
        var name: String
        var value: String
        var known: KnownField
        var isHopByHop: Bool
    }

    var messages: [Message] = []
    var ending = Ending.clean

    /// The error that ended the conversation, or nil.
    var error: HTTPError? {
        if case .failed(let error) = ending { error } else { nil }
    }

    var complete: [Message] { messages.filter(\.isComplete) }

    /// Feeds `input` in pieces, then ends the connection. The pieces end at `cuts` (ascending) and at the end of
    /// `input`.
    ///
    /// Every call gets an allocation of exactly the received bytes, so that the address sanitizer detects a read beyond
    /// them.
    init(_ speaker: Speaker, _ input: [UInt8], cuts: [Int] = [], limits: HTTPLimits = .standard) {
        var machine = Machine(speaker, limits)
        var consumed = 0
        for end in cuts + [input.count] where machine.isOpen {
            var isStepping = true
            while isStepping && machine.isOpen {
                let bytes = Array(input[consumed..<end])
                let step = bytes.withUnsafeBufferPointer { machine.step($0) }
                consumed += step.consumed
                isStepping = step.goesOn
            }
        }
        machine.end(rest: input[consumed...])
        messages = machine.messages
        ending = machine.ending ?? .clean
    }

    /// Feeds `input` whole, byte by byte, and split in two at every offset. Long input is split at about 200 offsets.
    /// The method compares all results.
    ///
    /// - Returns: the result for the whole input, and the cuts that led to another result, or nil.
    static func fedEveryWay(
        _ speaker: Speaker, _ input: [UInt8], limits: HTTPLimits = .standard
    ) -> (conversation: Conversation, differsAt: [Int]?) {
        let whole = Conversation(speaker, input, limits: limits)
        let stride = max(1, input.count / 200)
        var ways = Swift.stride(from: 1, to: max(input.count, 1), by: stride).map { [$0] }
        ways.append(Array(0..<input.count))
        for cuts in ways where Conversation(speaker, input, cuts: cuts, limits: limits) != whole {
            return (whole, cuts)
        }
        return (whole, nil)
    }
}

/// Parsers and decoder, combined as in a connection.
private struct Machine {
    private enum Place {
        case head
        case body
        case closed
    }

    var messages: [Conversation.Message] = []
    private(set) var ending: Conversation.Ending?
    private var place = Place.head
    private let speaker: Conversation.Speaker
    private let limits: HTTPLimits
    private var requests: RequestParser
    private var responses: ResponseParser
    private var request = RequestHead()
    private var response = ResponseHead()
    private var decoder = BodyDecoder()

    var isOpen: Bool { ending == nil }

    init(_ speaker: Conversation.Speaker, _ limits: HTTPLimits) {
        self.speaker = speaker
        self.limits = limits
        requests = RequestParser(limits: limits)
        responses = ResponseParser(limits: limits)
    }

    mutating func step(_ bytes: UnsafeBufferPointer<UInt8>) -> (consumed: Int, goesOn: Bool) {
        switch place {
        case .closed: return (0, false)
        case .head: return stepHead(bytes)
        case .body: return stepBody(bytes)
        }
    }

    private mutating func stepHead(_ bytes: UnsafeBufferPointer<UInt8>) -> (consumed: Int, goesOn: Bool) {
        let result: ParseResult
        switch speaker {
        case .client: result = requests.parse(bytes, into: &request)
        case .server(let method): result = responses.parse(bytes, answering: method, into: &response)
        }
        switch result {
        case .needMore:
            return (0, false)
        case .failed(let error):
            ending = .failed(error)
            return (0, false)
        case .complete(let length):
            take(bytes)
            requests.reset()
            responses.reset()
            guard let message = messages.last else { return (length, false) }
            decoder = BodyDecoder(message.framing, limits: limits)
            if message.upgradesToWebSocket || message.start.first == "101" {
                messages[messages.count - 1].isComplete = true
                ending = .upgraded
            }
            place = .body
            return (length, true)
        }
    }

    private mutating func take(_ bytes: UnsafeBufferPointer<UInt8>) {
        func text(_ fields: [Field]) -> [Conversation.FieldText] {
            fields.map {
                .init(
                    name: $0.name.string(in: bytes), value: $0.value.string(in: bytes), known: $0.known,
                    isHopByHop: $0.isHopByHop)
            }
        }
        switch speaker {
        case .client:
            messages.append(
                .init(
                    start: [request.methodName.string(in: bytes), request.target.string(in: bytes)],
                    method: request.method, path: request.path.string(in: bytes),
                    authority: request.authority.string(in: bytes), minorVersion: request.minorVersion,
                    fields: text(request.fields), framing: request.framing, isPersistent: request.isPersistent,
                    expectsContinue: request.expectsContinue, upgradesToWebSocket: request.upgradesToWebSocket))
        case .server:
            messages.append(
                .init(
                    start: [String(response.status), response.reason.string(in: bytes)],
                    minorVersion: response.minorVersion, fields: text(response.fields), framing: response.framing,
                    isPersistent: response.isPersistent))
        }
    }

    private mutating func stepBody(_ bytes: UnsafeBufferPointer<UInt8>) -> (consumed: Int, goesOn: Bool) {
        switch decoder.decode(bytes) {
        case .data(let offset, let count, let consumed):
            messages[messages.count - 1].body += bytes[offset..<offset + count]
            return (consumed, true)
        case .needMore(let consumed):
            return (consumed, false)
        case .failed(let error):
            ending = .failed(error)
            return (0, false)
        case .end(let consumed):
            messages[messages.count - 1].isComplete = true
            decoder.trailers()?.withBytes { fields, bytes in
                messages[messages.count - 1].trailers = fields.map {
                    .init(
                        name: $0.name.string(in: bytes), value: $0.value.string(in: bytes), known: $0.known,
                        isHopByHop: $0.isHopByHop)
                }
            }
            place = messages[messages.count - 1].isPersistent ? .head : .closed
            return (consumed, place == .head)
        }
    }

    /// Ends the connection. `rest` is the part of the input that was not consumed.
    mutating func end(rest: ArraySlice<UInt8>) {
        guard ending == nil else { return }
        switch place {
        case .closed:
            ending = rest.allSatisfy { $0 == 0x0D || $0 == 0x0A } ? .clean : .dataAfterClose
        case .head:
            ending = rest.allSatisfy { $0 == 0x0D || $0 == 0x0A } ? .clean : .incompleteHead
        case .body:
            if decoder.endOfInput() {
                messages[messages.count - 1].isComplete = true
                ending = .clean
            } else {
                ending = .incompleteBody
            }
        }
    }
}

/// An input with a name, which identifies it in a failing test.
struct Sample: Sendable, CustomStringConvertible {
    var name: String
    var input: [UInt8]

    init(_ name: String, _ input: String) {
        self.name = name
        self.input = Array(input.utf8)
    }

    init(_ name: String, bytes: [UInt8]) {
        self.name = name
        input = bytes
    }

    var description: String { name }
}
