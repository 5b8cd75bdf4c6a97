import HTTP2
import TestSupport
import Testing

/// A client's fault gets the error code of RFC 9113. Frames that only look wrong get none.
@Suite struct ConformanceTests {
    enum Answer: Equatable, Sendable {
        /// The connection ends with this code.
        case goAway(UInt32)
        /// The stream ends with this code, and the connection continues.
        case reset(UInt32, code: UInt32)
        /// The connection continues as without the frame.
        case nothing
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let bytes: [UInt8]
        let answer: Answer
        /// Requests are answered at once.
        var answers = false

        init(_ name: String, _ frames: HTTP2Frame..., answer: Answer, answers: Bool = false) {
            testDescription = name
            bytes = frames.flatMap(\.bytes)
            self.answer = answer
            self.answers = answers
        }
    }

    private enum Code {
        static let protocolError: UInt32 = 1
        static let flowControl: UInt32 = 3
        static let streamClosed: UInt32 = 5
        static let frameSize: UInt32 = 6
        static let compression: UInt32 = 9
    }

    private static let kind = HTTP2Frame.Kind.self
    private static let pushPromise: UInt8 = 5
    private static let unknown: UInt8 = 0xBE
    private static let padded: UInt8 = 0x8
    private static let withPriority: UInt8 = 0x20

    private static func get(_ stream: UInt32, isEnd: Bool = true, isWhole: Bool = true) -> HTTP2Frame {
        .headers(stream, HTTP2Frame.request(), isEnd: isEnd, isWhole: isWhole)
    }

    private static func post(_ stream: UInt32) -> HTTP2Frame {
        .headers(stream, HTTP2Frame.request("POST"), isEnd: false)
    }

    private static func frame(_ kind: UInt8, _ stream: UInt32, _ payload: [UInt8], flags: UInt8 = 0) -> HTTP2Frame {
        HTTP2Frame(kind, flags: flags, stream: stream, payload)
    }

    private static func continuation(_ stream: UInt32) -> HTTP2Frame {
        frame(kind.continuation, stream, HTTP2Frame.block([("x", "y")]), flags: HTTP2Frame.endHeaders)
    }

    private static func block(_ bytes: [UInt8]) -> HTTP2Frame {
        frame(kind.headers, 1, bytes, flags: HTTP2Frame.endStream | HTTP2Frame.endHeaders)
    }

    private static let request = HTTP2Frame.block(HTTP2Frame.request())
    private static let priority: [UInt8] = [0, 0, 0, 0, 9]
    private static let onItself: [UInt8] = [0, 0, 0, 1, 9]
    private static let fault = Answer.goAway(Code.protocolError)

    private static let idleStreams = [
        Case("DATA", .data(1, [1]), answer: fault),
        Case("RST_STREAM", .reset(1), answer: fault),
        Case("WINDOW_UPDATE", .windowUpdate(1, 1), answer: fault),
        Case("CONTINUATION", continuation(1), answer: fault),
        Case("PRIORITY", frame(kind.priority, 1, priority), answer: .nothing),
    ]

    private static let halfClosedStreams = [
        Case("DATA", get(1), .data(1, [1]), answer: .goAway(Code.streamClosed)),
        Case("HEADERS", get(1), get(1), answer: .goAway(Code.streamClosed)),
        Case("CONTINUATION", get(1), continuation(1), answer: fault),
        Case("WINDOW_UPDATE", get(1), .windowUpdate(1, 1), answer: .nothing),
        Case("PRIORITY", get(1), frame(kind.priority, 1, priority), answer: .nothing),
        Case("RST_STREAM", get(1), .reset(1), answer: .nothing),
    ]

    private static let endedStreams = [
        Case("DATA", get(1), .data(1, [1]), answer: .goAway(Code.streamClosed), answers: true),
        Case("HEADERS", get(1), get(1), answer: .goAway(Code.streamClosed), answers: true),
        Case("HEADERS of a lower stream", get(3), get(5), get(3), answer: .goAway(Code.streamClosed), answers: true),
        Case("CONTINUATION", get(1), continuation(1), answer: fault, answers: true),
        Case("WINDOW_UPDATE", get(1), .windowUpdate(1, 1), answer: .nothing, answers: true),
        Case("PRIORITY", get(1), frame(kind.priority, 1, priority), answer: .nothing, answers: true),
        Case("RST_STREAM", get(1), .reset(1), answer: .nothing, answers: true),
    ]

    private static let givenUpStreams = [
        Case("DATA", post(1), .reset(1), .data(1, [1]), answer: .reset(1, code: Code.streamClosed)),
        Case("HEADERS", post(1), .reset(1), get(1), answer: .reset(1, code: Code.streamClosed)),
        Case("CONTINUATION", post(1), .reset(1), continuation(1), answer: fault),
        Case("WINDOW_UPDATE", post(1), .reset(1), .windowUpdate(1, 1), answer: .nothing),
    ]

    private static let identifiers = [
        Case("an even one", get(2), answer: fault),
        Case("one that was passed over", get(5), get(3), answer: fault),
        Case("one that was passed over long ago", get(3), get(5), get(7), get(1), answer: fault),
        Case("DATA on one that was passed over", get(5), .data(3, [1]), answer: fault),
        Case("passing some over", get(1), get(7), get(21), answer: .nothing),
        Case("DATA on 0", .data(0, [1]), answer: fault),
        Case("HEADERS on 0", get(0), answer: fault),
        Case("PRIORITY on 0", frame(kind.priority, 0, priority), answer: fault),
        Case("RST_STREAM on 0", .reset(0), answer: fault),
        Case("CONTINUATION on 0", get(1, isWhole: false), continuation(0), answer: fault),
        Case("SETTINGS on 1", get(1), frame(kind.settings, 1, []), answer: fault),
        Case("PING on 1", get(1), frame(kind.ping, 1, HTTP2Frame.ping.payload), answer: fault),
        Case("GOAWAY on 1", get(1), frame(kind.goAway, 1, [0, 0, 0, 0, 0, 0, 0, 0]), answer: fault),
    ]

    private static let headerBlocks = [
        Case("PRIORITY within", get(1, isWhole: false), frame(kind.priority, 1, priority), answer: fault),
        Case("an unknown frame within", get(1, isWhole: false), frame(unknown, 1, []), answer: fault),
        Case("HEADERS of another stream within", get(1, isWhole: false), get(3), answer: fault),
        Case("DATA within", get(1, isWhole: false), .data(1, [1]), answer: fault),
        Case("PING within", get(1, isWhole: false), .ping, answer: fault),
        Case("CONTINUATION behind the end", get(1, isWhole: false), continuation(1), continuation(1), answer: fault),
        Case("CONTINUATION behind DATA", post(1), .data(1, [1]), continuation(1), answer: fault),
        Case("PUSH_PROMISE", get(1), frame(pushPromise, 1, [0, 0, 0, 2] + request), answer: fault),
        Case(
            "HEADERS that depend on themselves",
            frame(
                kind.headers, 1, onItself + request,
                flags: HTTP2Frame.endStream | HTTP2Frame.endHeaders | withPriority), answer: fault),
        Case("PRIORITY that depends on itself", frame(kind.priority, 1, onItself), answer: fault),
        Case("an index of nothing", block(request + [0xC6]), answer: .goAway(Code.compression)),
        Case("a name of nothing", block(request + [0x7F, 0x10, 1, 0x78]), answer: .goAway(Code.compression)),
        Case("index 0", block(request + [0x80]), answer: .goAway(Code.compression)),
        Case("a larger table than allowed", block([0x3F, 0xE2, 0x1F] + request), answer: .goAway(Code.compression)),
        Case("a size of the table behind fields", block(request + [0x20]), answer: .goAway(Code.compression)),
        Case(
            "the end of Huffman's code", block(request + huffman([0xFF, 0xFF, 0xFF, 0xFF])),
            answer: .goAway(Code.compression)),
        Case(
            "long padding of Huffman's code", block(request + huffman([0x1F, 0xFF])), answer: .goAway(Code.compression)),
        Case("padding of Huffman's code by 0", block(request + huffman([0x18])), answer: .goAway(Code.compression)),
    ]

    /// A field whose value has Huffman coding (RFC 7541 5.2).
    private static func huffman(_ code: [UInt8]) -> [UInt8] { [0x00, 1, 0x78, 0x80 | UInt8(code.count)] + code }

    private static let sizes = [
        Case(
            "DATA too large", post(1), .data(1, [UInt8](repeating: 0, count: 16_385)), answer: .goAway(Code.frameSize)),
        Case(
            "HEADERS too large", frame(kind.headers, 1, [UInt8](repeating: 0, count: 16_385)),
            answer: .goAway(Code.frameSize)),
        Case("PING of 7", frame(kind.ping, 0, [1, 2, 3, 4, 5, 6, 7]), answer: .goAway(Code.frameSize)),
        Case("SETTINGS of 5", frame(kind.settings, 0, [0, 3, 0, 0, 0]), answer: .goAway(Code.frameSize)),
        Case(
            "SETTINGS that acknowledge and say more",
            frame(kind.settings, 0, [0, 3, 0, 0, 0, 1], flags: HTTP2Frame.acknowledgement),
            answer: .goAway(Code.frameSize)),
        Case("WINDOW_UPDATE of 3", frame(kind.windowUpdate, 0, [0, 0, 1]), answer: .goAway(Code.frameSize)),
        Case("RST_STREAM of 3", post(1), frame(kind.resetStream, 1, [0, 0, 1]), answer: .goAway(Code.frameSize)),
        Case("PRIORITY of 4", frame(kind.priority, 1, [0, 0, 0, 0]), answer: .goAway(Code.frameSize)),
        Case("PRIORITY of 6", frame(kind.priority, 1, priority + [1]), answer: .goAway(Code.frameSize)),
        Case("GOAWAY of 7", frame(kind.goAway, 0, [0, 0, 0, 0, 0, 0, 0]), answer: .goAway(Code.frameSize)),
        Case("DATA with too much padding", post(1), frame(kind.data, 1, [4, 0, 0], flags: padded), answer: fault),
        Case("DATA with all of the padding", post(1), frame(kind.data, 1, [2, 0, 0], flags: padded), answer: .nothing),
        Case(
            "HEADERS with too much padding",
            frame(kind.headers, 1, [200] + request, flags: HTTP2Frame.endHeaders | padded), answer: fault),
    ]

    private static let settings = [
        Case("ENABLE_PUSH of 2", .settings([(2, 2)]), answer: fault),
        Case("INITIAL_WINDOW_SIZE of 2^31", .settings([(4, 1 << 31)]), answer: .goAway(Code.flowControl)),
        Case("MAX_FRAME_SIZE of 16383", .settings([(5, 16_383)]), answer: fault),
        Case("MAX_FRAME_SIZE of 2^24", .settings([(5, 1 << 24)]), answer: fault),
        Case("an unknown one", .settings([(0xFF, 1)]), answer: .nothing),
        Case(
            "a window that grows too large by INITIAL_WINDOW_SIZE", post(1), .windowUpdate(1, 1 << 30),
            .settings([(4, 0x7FFF_FFFF)]), answer: .goAway(Code.flowControl)),
        Case("WINDOW_UPDATE of 0", .windowUpdate(0, 0), answer: fault),
        Case(
            "WINDOW_UPDATE of 0 for a stream", post(1), .windowUpdate(1, 0), answer: fault
        ),
        Case("a window too large", .windowUpdate(0, 0x7FFF_FFFF), answer: .goAway(Code.flowControl)),
        Case(
            "a window of a stream too large", post(1), .windowUpdate(1, 0x7FFF_FFFF),
            answer: .reset(1, code: Code.flowControl)),
        Case("an unknown frame", frame(unknown, 0, [1, 2, 3]), answer: .nothing),
        Case("RST_STREAM with an unknown code", post(1), .reset(1, code: 0xFF), answer: .nothing),
    ]

    private static let trailers = [
        Case(
            "without an end", post(1), .headers(1, [("x", "y")], isEnd: false),
            answer: .reset(1, code: Code.protocolError)),
        Case(
            "with a pseudo-field", post(1), .headers(1, [(":path", "/")]), answer: .reset(1, code: Code.protocolError)),
        Case("behind content", post(1), .data(1, [1]), .headers(1, [("x", "y")]), answer: .nothing),
    ]

    static let cases = [
        idleStreams, halfClosedStreams, endedStreams, givenUpStreams, identifiers, headerBlocks, sizes, settings,
        trailers,
    ]
    .flatMap { $0 }

    @Test(arguments: cases, [Int.max, 1, 7]) func faultsGetTheirErrorCode(_ test: Case, _ pieces: Int) {
        let harness = SessionHarness.open()
        if test.answers { harness.atRequest = { $0.respond($1, "ok") } }
        var rest = test.bytes[...]
        while !rest.isEmpty {
            harness.receive(Array(rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
        }
        harness.receive(.headers(99, HTTP2Frame.request("GET", "/next")))
        let goesOn = harness.events.contains("request GET /next test")
        let resets = harness.sent.filter { $0.kind == HTTP2Frame.Kind.resetStream }
        switch test.answer {
        case .goAway(let code):
            #expect(harness.goAwayCode == code && !goesOn && harness.session.isFinished)
        case .reset(let stream, let code):
            #expect(resets.map(\.stream) == [stream] && resets.map { $0.number() } == [code])
            #expect(harness.goAwayCode == nil && goesOn)
        case .nothing: #expect(harness.goAwayCode == nil && resets.isEmpty && goesOn)
        }
    }

    /// A head in several frames is one request, however reads split its bytes.
    @Test(arguments: [1, 2, 5, 9, 10]) func aHeadInManyFramesIsAccepted(pieces: Int) {
        let harness = SessionHarness.open()
        let fields = HTTP2Frame.request("GET", "/", (0..<6).map { ("x-\($0)", "y") })
        var bytes = HTTP2Frame.headers(1, Array(fields.prefix(4)), isWhole: false).bytes
        for (index, field) in fields.dropFirst(4).enumerated() {
            bytes +=
                HTTP2Frame(
                    HTTP2Frame.Kind.continuation, flags: index == 5 ? HTTP2Frame.endHeaders : 0, stream: 1,
                    HTTP2Frame.block([field])
                ).bytes
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            #expect(harness.receive(Array(rest.prefix(pieces))) == .fine)
            rest = rest.dropFirst(pieces)
            if rest.count < bytes.count - 9 { #expect(harness.session.isInHeaderBlock == !rest.isEmpty) }
        }
        #expect(harness.events.first == "request GET / test x-0=y x-1=y x-2=y x-3=y x-4=y x-5=y")
    }

    @Test(arguments: [HTTP2Frame.data(1, [1]), .headers(1, HTTP2Frame.request()), .ping, .reset(1)])
    func theFirstFrameHasToBeSettings(_ frame: HTTP2Frame) {
        let harness = SessionHarness()
        harness.receive(HTTP2Frame.preface + frame.bytes)
        #expect(harness.goAwayCode == Code.protocolError && harness.session.isFinished)
    }

    @Test func aWrongPrefaceIsNoHTTP2() {
        let harness = SessionHarness()
        #expect(
            harness.receive(Array("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n".utf8) + HTTP2Frame.settings().bytes) == .failed)
    }

    /// The client does not know yet that the server has reset the stream.
    @Test func framesOfAResetStreamAreIgnored() {
        let harness = SessionHarness.open()
        harness.receive(ConformanceTests.post(1), ConformanceTests.post(3))
        harness.session.reset(1, .cancel)
        harness.flush()
        harness.receive(.data(1, [1]), .headers(1, [("x", "y")]), .data(1, [1], isEnd: true))
        harness.receive(.headers(5, HTTP2Frame.request("GET", "/next")))
        #expect(harness.goAwayCode == nil && harness.events.contains("request GET /next test"))
        #expect(harness.sent.count { $0.kind == HTTP2Frame.Kind.resetStream } == 1)
    }

    @Test func contentBehindARequestThatIsRefusedIsIgnored() {
        var limits = HTTP2Limits()
        limits.streams = 1
        let harness = SessionHarness.open(limits: limits, acknowledges: false)
        harness.receive(ConformanceTests.post(1), ConformanceTests.post(3), .data(3, [1], isEnd: true))
        #expect(harness.sent(on: 3) == ["reset 7"])
        #expect(harness.goAwayCode == nil)
    }

    @Test func streamsBeyondAGoAwayAreIgnored() {
        let harness = SessionHarness.open()
        harness.receive(ConformanceTests.post(1))
        harness.session.refuseNewStreams()
        harness.flush()
        harness.receive(ConformanceTests.post(3), .data(3, [1]), .headers(3, [("x", "y")]), .data(1, [1], isEnd: true))
        #expect(harness.goAwayCode == 0)
        #expect(harness.events.last == "end 1")
    }

    /// The oldest reset streams are dropped from the history, and then count as ended.
    @Test func theHistoryOfStreamsIsBounded() {
        var limits = HTTP2Limits()
        limits.resets = 10_000
        let harness = SessionHarness.open(limits: limits)
        for number in 0..<300 as Range<UInt32> {
            harness.receive(ConformanceTests.post(2 * number + 1), .reset(2 * number + 1))
        }
        harness.receive(.data(599, [1]))
        #expect(harness.sent(on: 599) == ["reset 5"])
        harness.receive(.data(1, [1]))
        #expect(harness.goAwayCode == Code.streamClosed)
    }
}
