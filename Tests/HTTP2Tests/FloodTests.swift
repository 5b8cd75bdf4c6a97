import HTTP
import HTTP2
import TestSupport
import Testing

/// Clients that send many cheap frames.
@Suite struct FloodTests {
    static let calm: UInt32 = 0xB

    @Test(arguments: [
        (HTTP2Flood.ping, HTTP2Frame.ping), (.windowUpdate, .windowUpdate(0, 1)),
        (.ignored, HTTP2Frame(HTTP2Frame.Kind.priority, stream: 5, [0, 0, 0, 0, 9])),
        (.ignored, HTTP2Frame(0xE0, [1, 2, 3])), (.emptyData, .data(1, [])), (.settings, .settings()),
        // DATA that consists of padding.
        (.emptyData, HTTP2Frame(HTTP2Frame.Kind.data, flags: HTTP2Frame.padded, stream: 1, [0])),
        (.emptyData, HTTP2Frame(HTTP2Frame.Kind.data, flags: HTTP2Frame.padded, stream: 1, [3, 0, 0, 0])),
    ])
    func endsTheConnection(_ flood: HTTP2Flood, _ frame: HTTP2Frame) {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false))
        var outcome = HTTP2Session.Outcome.fine
        var count = 0
        while outcome == .fine && count < 5_000 {
            outcome = harness.receive(frame)
            count += 1
        }
        #expect(outcome == .flooded(flood))
        #expect(count > 50)
        #expect(harness.goAwayCode == FloodTests.calm)
        #expect(harness.session.isFinished)
        #expect(harness.receive(frame) == .failed)
    }

    /// Content and fields for a stream that the server has reset. The first of them are no fault of the client.
    @Test(arguments: [HTTP2Frame.data(1, [1]), .headers(1, [("x", "y")])])
    func framesOfClosedStreamsAreCounted(_ frame: HTTP2Frame) {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false))
        harness.session.reset(1, .cancel)
        harness.flush()
        var outcome = HTTP2Session.Outcome.fine
        var count = 0
        while outcome == .fine && count < 5_000 {
            // They allow no other cheap frames.
            outcome = harness.receive(frame, HTTP2Frame.ping)
            count += 1
        }
        #expect(outcome == .flooded(.closedStream) || outcome == .flooded(.ping))
        #expect(count > 400 && count < 600)
        #expect(harness.goAwayCode == FloodTests.calm)
    }

    /// The length of a head counts as its weight. Where the bytes are cut must not decide how the connection ends.
    @Test func aLengthThatNoFrameMayHaveIsNoFlood() {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false))
        harness.session.reset(1, .cancel)
        harness.flush()
        let frame = HTTP2Frame(HTTP2Frame.Kind.headers, flags: 5, stream: 1, [UInt8](repeating: 0, count: 300_000))
        #expect(harness.receive(frame) == .fine)
        #expect(harness.goAwayCode == HTTP2ErrorCode.frameSizeError.rawValue)
    }

    @Test func patienceReturnsWithTime() {
        let harness = SessionHarness.open()
        for round in 0..<5 as Range<UInt64> {
            harness.now = round * 11_000_000_000
            for _ in 0..<900 { #expect(harness.receive(HTTP2Frame.ping) == .fine) }
        }
    }

    @Test func usefulFramesAllowMoreIdleOnes() {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false))
        for _ in 0..<2_000 { #expect(harness.receive(.data(1, [1]), HTTP2Frame.ping, .windowUpdate(1, 1)) == .fine) }
    }

    @Test func rapidResetEndsTheConnection() {
        let harness = SessionHarness.open()
        var outcome = HTTP2Session.Outcome.fine
        var stream: UInt32 = 1
        while outcome == .fine && stream < 20_000 {
            outcome = harness.receive(.headers(stream, HTTP2Frame.request()), .reset(stream))
            stream += 2
        }
        #expect(outcome == .flooded(.reset))
        #expect(harness.goAwayCode == FloodTests.calm)
        #expect(harness.events.filter { $0.hasPrefix("request") }.count <= 257)
    }

    @Test func provokedResetsCountToo() {
        let harness = SessionHarness.open()
        var outcome = HTTP2Session.Outcome.fine
        var stream: UInt32 = 1
        while outcome == .fine && stream < 20_000 {
            // A WINDOW_UPDATE with increment 0 is a stream error, so the server has to send RST_STREAM.
            outcome = harness.receive(.headers(stream, HTTP2Frame.request()), .windowUpdate(stream, 0))
            stream += 2
        }
        #expect(outcome == .flooded(.reset) || harness.goAwayCode != nil)
        #expect(harness.events.filter { $0.hasPrefix("request") }.count <= 300)
    }

    /// The faults of a client that end one stream. Each costs the client little and the server a request.
    enum Fault: CaseIterable {
        case trailers, longTrailers, tooMuchContent, missingContent, malformedHead, selfReset

        func frames(on stream: UInt32) -> [HTTP2Frame] {
            let post = HTTP2Frame.headers(stream, HTTP2Frame.request("POST"), isEnd: false)
            let counted = HTTP2Frame.headers(
                stream, HTTP2Frame.request("POST", "/", [("content-length", "1")]), isEnd: false)
            return switch self {
            case .trailers: [post, .headers(stream, [("x", "a\rb")])]
            case .longTrailers: [post, .headers(stream, [("x", String(repeating: "v", count: 9_000))])]
            case .tooMuchContent: [counted, .data(stream, [1, 2])]
            case .missingContent: [counted, .data(stream, [], isEnd: true)]
            case .malformedHead: [.headers(stream, HTTP2Frame.request("GET", "/", [("connection", "close")]))]
            case .selfReset: [post, .reset(stream), .data(stream, [1])]
            }
        }
    }

    @Test(arguments: Fault.allCases) func resetsForFaultsOfTheClientCount(_ fault: Fault) {
        let harness = SessionHarness.open()
        var outcome = HTTP2Session.Outcome.fine
        var count = 0
        while outcome == .fine && count < 2_000 {
            outcome = harness.receive(fault.frames(on: UInt32(2 * count + 1)).flatMap(\.bytes))
            count += 1
        }
        #expect(outcome == .flooded(.reset))
        #expect(harness.goAwayCode == FloodTests.calm)
        #expect(count <= 258)
    }

    @Test func theServersOwnResetsAreFree() {
        let harness = SessionHarness.open()
        harness.atRequest = { $0.session.reset($0.ids[$1] ?? 0, .internalError) }
        for number in 0..<1_000 as Range<UInt32> {
            #expect(harness.receive(.headers(2 * number + 1, HTTP2Frame.request("POST"), isEnd: false)) == .fine)
        }
    }

    /// The client has not acknowledged the settings, and reads nothing. So no RST_STREAM leaves.
    @Test func refusedStreamsCountBeforeTheirAnswerLeaves() {
        var limits = HTTP2Limits()
        limits.streams = 4
        let harness = SessionHarness.open(limits: limits, acknowledges: false)
        var outcome = HTTP2Session.Outcome.fine
        var count = 0
        while outcome == .fine && count < 5_000 {
            outcome = harness.receiveUnread(.headers(UInt32(2 * count + 1), HTTP2Frame.request()))
            count += 1
        }
        #expect(outcome == .flooded(.reset))
        #expect(count <= 262)
    }

    @Test func resetsOfAnsweredStreamsAreFine() {
        let harness = SessionHarness.open()
        harness.atRequest = { $0.respond($1, "ok") }
        var stream: UInt32 = 1
        for _ in 0..<400 {
            #expect(harness.receive(.headers(stream, HTTP2Frame.request())) == .fine)
            let post = HTTP2Frame.headers(stream + 2, HTTP2Frame.request("POST"), isEnd: false)
            #expect(harness.receive(post, .reset(stream + 2)) == .fine)
            stream += 4
        }
    }

    /// The session's limit is reached first, or nghttp2's own.
    @Test(arguments: [2, 8, 1_000]) func continuationsEndTheConnection(limit: Int) {
        var limits = HTTP2Limits()
        limits.continuations = limit
        let harness = SessionHarness.open(limits: limits)
        let block = HTTP2Frame.block(HTTP2Frame.request())
        harness.receive(HTTP2Frame(HTTP2Frame.Kind.headers, flags: HTTP2Frame.endStream, stream: 1, block))
        var outcome = HTTP2Session.Outcome.fine
        var count = 0
        while outcome == .fine && count < 1_000 {
            outcome = harness.receive(HTTP2Frame(HTTP2Frame.Kind.continuation, stream: 1))
            count += 1
        }
        #expect(outcome == .flooded(.continuation))
        #expect(count <= 10)
        #expect(harness.sent.contains { $0.kind == HTTP2Frame.Kind.goAway && $0.number(at: 4) == 11 })
        #expect(harness.events == [])
    }

    @Test(arguments: [(20 << 10, true), (64 << 10, false)])
    func theHeaderListHasItsOwnLimit(_ limit: Int, _ isTooSmall: Bool) {
        var limits = HTTP2Limits()
        limits.headerList = limit
        let harness = SessionHarness.open(limits: limits)
        let fields = (0..<10).map { ("x-\($0)", String(repeating: "v", count: 3_000)) }
        let block = HTTP2Frame.block(HTTP2Frame.request("GET", "/", fields))
        let outcome = harness.receive(
            HTTP2Frame(
                HTTP2Frame.Kind.headers, flags: HTTP2Frame.endStream, stream: 1, Array(block[..<16_000])),
            HTTP2Frame(
                HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 1, Array(block[16_000...])))
        // Below the limit only the request is rejected: the head is too large.
        #expect(outcome == (isTooSmall ? .flooded(.headerList) : .fine))
        #expect(harness.events.contains { $0.hasPrefix("refused") } == !isTooSmall, "\(harness.events)")
    }

    @Test func aBlockThatDecompressesEndlesslyEndsTheConnection() {
        let harness = SessionHarness.open()
        // One field of 4000 bytes for the table, then its one-byte index many times.
        let value = String(repeating: "v", count: 3_900)
        var block = HTTP2Frame.block(HTTP2Frame.request())
        block += [0x40] + HTTP2Frame.block([("x-bomb", value)]).dropFirst()
        block += [UInt8](repeating: 0xBE, count: 8_000)
        let outcome = harness.receive(
            HTTP2Frame(
                HTTP2Frame.Kind.headers, flags: HTTP2Frame.endStream | HTTP2Frame.endHeaders, stream: 1, block))
        #expect(outcome == .flooded(.headerList))
        #expect(harness.goAwayCode == FloodTests.calm)
    }

    /// One-byte references to the static table: few bytes, and a long list.
    @Test func aBlockOfManySmallFieldsEndsTheConnection() {
        let harness = SessionHarness.open()
        let block = HTTP2Frame.block(HTTP2Frame.request()) + [UInt8](repeating: 0x90, count: 1_500)
        let flags = HTTP2Frame.endStream | HTTP2Frame.endHeaders
        #expect(
            harness.receive(HTTP2Frame(HTTP2Frame.Kind.headers, flags: flags, stream: 1, block))
                == .flooded(.headerList))
    }

    /// Each refused head costs an answer, and allows no other cheap frames.
    @Test(arguments: [("x", "\u{0}"), ("x", String(repeating: "y", count: 12_000))])
    func refusedHeadsAreCounted(_ field: (String, String)) {
        var limits = HTTP2Limits()
        limits.http.head = 8 << 10
        let harness = SessionHarness.open(limits: limits)
        harness.atRequest = { $0.respond($1, status: 400, "no") }
        var outcome = HTTP2Session.Outcome.fine
        var count = 0
        while outcome == .fine && count < 5_000 {
            let block = HTTP2Frame.block(HTTP2Frame.request("GET", "/", [field]))
            outcome = harness.receive(
                HTTP2Frame(
                    HTTP2Frame.Kind.headers, flags: HTTP2Frame.endStream | HTTP2Frame.endHeaders,
                    stream: UInt32(2 * count + 1), block))
            count += 1
        }
        #expect(outcome == .flooded(.refusedHead))
        // The longer the head, the more it counts.
        #expect(count <= (field.1.count < 100 ? 5_000 : 1_000))
    }
}
