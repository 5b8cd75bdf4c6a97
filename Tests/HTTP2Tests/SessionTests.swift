import HTTP2
import TestSupport
import Testing

/// Conversations of a client with the session.
@Suite struct SessionTests {
    @Test func answersARequest() {
        let harness = SessionHarness.open()
        harness.atRequest = { $0.respond($1, "hello") }
        #expect(harness.receive(.headers(1, HTTP2Frame.request("GET", "/a?b", [("x-a", "1")]))) == .fine)
        #expect(harness.events == ["request GET /a?b test x-a=1", "end 0", "sent", "closed 0"])
        #expect(harness.sent(on: 1) == ["head :status=200", "data 5 end"])
    }

    @Test func sendsItsSettingsFirst() {
        let harness = SessionHarness()
        harness.flush()
        let settings = harness.sent.first
        #expect(settings?.kind == HTTP2Frame.Kind.settings)
        let entries = Set(
            (0..<(settings?.payload.count ?? 0) / 6).map { index in
                let entry = settings?.payload.dropFirst(index * 6).prefix(6).map { Int($0) } ?? []
                return [entry[0] << 8 | entry[1], entry[2...].reduce(0) { $0 << 8 | $1 }]
            })
        // Streams, window, header list, extended CONNECT, no priorities.
        #expect(entries == [[3, 128], [4, 256 << 10], [6, 16 << 10], [8, 1], [9, 1]])
    }

    @Test func acceptsBytesOneByOne() {
        let harness = SessionHarness()
        harness.atRequest = { $0.respond($1, "hello") }
        let input =
            HTTP2Frame.preface + HTTP2Frame.settings().bytes
            + HTTP2Frame.headers(1, HTTP2Frame.request("POST", "/x"), isEnd: false).bytes
            + HTTP2Frame.data(1, Array("abc".utf8)).bytes + HTTP2Frame.data(1, Array("de".utf8), isEnd: true).bytes
        for byte in input { #expect(harness.receive([byte]) == .fine) }
        #expect(harness.bodies[0] == Array("abcde".utf8))
        #expect(harness.events.first == "request POST /x test")
        #expect(harness.sent(on: 1).filter { !$0.hasPrefix("window") } == ["head :status=200", "data 5 end"])
    }

    @Test func takesAHeadInContinuations() {
        let harness = SessionHarness.open()
        let block = HTTP2Frame.block(HTTP2Frame.request("GET", "/", [("x-a", "1"), ("x-b", "2")]))
        harness.receive(
            HTTP2Frame(HTTP2Frame.Kind.headers, flags: HTTP2Frame.endStream, stream: 1, Array(block[..<10])))
        #expect(harness.session.isInHeaderBlock)
        harness.receive(HTTP2Frame(HTTP2Frame.Kind.continuation, stream: 1, Array(block[10..<30])))
        harness.receive(
            HTTP2Frame(HTTP2Frame.Kind.continuation, flags: HTTP2Frame.endHeaders, stream: 1, Array(block[30...])))
        #expect(!harness.session.isInHeaderBlock)
        #expect(harness.events == ["request GET / test x-a=1 x-b=2", "end 0"])
    }

    @Test func passesTrailersBothWays() {
        let harness = SessionHarness.open()
        harness.trailers[0] = [("Grpc-Status", "0"), ("grpc-message", "fine")]
        harness.receive(
            .headers(1, HTTP2Frame.request("POST"), isEnd: false), .data(1, [1, 2, 3]),
            .headers(1, [("x-sum", "7"), ("host", "evil"), ("x-other", "8")]))
        #expect(harness.events == ["request POST / test", "trailer x-sum=7", "trailer x-other=8", "end 3"])
        harness.respond(0, "ok")
        harness.flush()
        let sent = harness.sent(on: 1).filter { !$0.hasPrefix("window") }
        #expect(sent == ["head :status=200", "data 2", "head grpc-status=0 grpc-message=fine end"])
    }

    @Test func sendsTrailersWithoutContent() {
        let harness = SessionHarness.open()
        harness.trailers[0] = [("grpc-status", "5")]
        harness.atRequest = { $0.respond($1, "") }
        harness.receive(.headers(1, HTTP2Frame.request()))
        #expect(harness.sent(on: 1) == ["head :status=200", "head grpc-status=5 end"])
    }

    @Test func resetsArePassedOn() {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request(), isEnd: false))
        harness.receive(.reset(1))
        #expect(harness.events == ["request GET / test", "closed 8"])
        harness.receive(.headers(3, HTTP2Frame.request()))
        harness.session.reset(3, .internalError)
        harness.flush()
        #expect(harness.sent(on: 3) == ["reset 2"])
        #expect(harness.events.last == "closed 2")
    }

    // MARK: Flow control

    @Test func sendsNoMoreThanTheWindows() {
        let harness = SessionHarness.open()
        harness.atRequest = { $0.respond($1, String(repeating: "x", count: 100_000)) }
        harness.receive(.headers(1, HTTP2Frame.request()))
        func sum() -> Int { harness.sent.filter { $0.kind == HTTP2Frame.Kind.data }.map(\.payload.count).reduce(0, +) }
        #expect(sum() == 65_535)
        harness.receive(.windowUpdate(1, 10_000))
        #expect(sum() == 65_535)
        harness.receive(.windowUpdate(0, 5_000))
        #expect(sum() == 70_535)
        harness.receive(.windowUpdate(0, 100_000), .windowUpdate(1, 100_000))
        #expect(sum() == 100_000)
        #expect(harness.sent(on: 1).last == "data \(100_000 - 70_535 - 16_384) end")
    }

    @Test func windowsOpenAsContentIsRead() {
        let harness = SessionHarness.open()
        harness.consumes = false
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false))
        let piece = [UInt8](repeating: 0x61, count: 16_384)
        for _ in 0..<12 { harness.receive(.data(1, piece)) }
        #expect(!harness.sent(on: 1).contains { $0.hasPrefix("window") })
        harness.session.consume(12 * piece.count, on: 1)
        harness.flush()
        #expect(harness.sent(on: 1) == ["window \(12 * piece.count)"])
    }

    @Test func aClientThatOverrunsTheWindowIsClosed() {
        let harness = SessionHarness.open()
        harness.consumes = false
        harness.receive(.headers(1, HTTP2Frame.request("POST"), isEnd: false))
        let piece = [UInt8](repeating: 0x61, count: 16_384)
        for _ in 0..<17 { harness.receive(.data(1, piece)) }
        // FLOW_CONTROL_ERROR, for the stream or the connection.
        #expect(harness.sent(on: 1).contains("reset 3") || harness.goAwayCode == 3)
    }

    @Test func aDeferredStreamContinues() {
        let harness = SessionHarness.open()
        harness.atRequest = { $0.respond($1, "", isEnd: false) }
        harness.receive(.headers(1, HTTP2Frame.request()))
        #expect(harness.sent(on: 1) == ["head :status=200"])
        harness.content[0] = Array("later".utf8)
        harness.session.resume(1)
        harness.flush()
        harness.isEnded.insert(0)
        harness.session.resume(1)
        harness.flush()
        #expect(harness.sent(on: 1).suffix(2) == ["data 5", "data 0 end"])
    }

    // MARK: The end

    @Test func shutsDownInTwoSteps() {
        let harness = SessionHarness.open()
        harness.receive(.headers(1, HTTP2Frame.request()))
        harness.session.announceShutdown()
        harness.flush()
        let warning = harness.sent.first { $0.kind == HTTP2Frame.Kind.goAway }
        #expect(warning?.number() == 0x7FFF_FFFF)
        // A request that was on its way is still accepted.
        harness.receive(.headers(3, HTTP2Frame.request("GET", "/3")))
        #expect(harness.events.contains("request GET /3 test"))
        let ping = harness.sent.last { $0.kind == HTTP2Frame.Kind.ping && $0.flags == 0 }
        harness.receive(
            HTTP2Frame(HTTP2Frame.Kind.ping, flags: HTTP2Frame.acknowledgement, ping?.payload ?? []))
        #expect(harness.events.last == "shutdown seen")
        harness.session.refuseNewStreams()
        harness.flush()
        #expect(harness.sent.last { $0.kind == HTTP2Frame.Kind.goAway }?.number() == 3)
        harness.receive(.headers(5, HTTP2Frame.request("GET", "/5")))
        #expect(!harness.events.contains("request GET /5 test"))
        #expect(!harness.session.isFinished)
        harness.respond(0, "a")
        harness.respond(1, "b")
        harness.flush()
        #expect(harness.session.isFinished)
    }

    @Test func `Only the acknowledgement of its own PING ends the first step`() {
        let harness = SessionHarness.open()
        func acknowledge(_ content: String) {
            harness.receive(
                HTTP2Frame(HTTP2Frame.Kind.ping, flags: HTTP2Frame.acknowledgement, Array(content.utf8)))
        }
        acknowledge("shutdown")
        acknowledge("whatever")
        harness.session.announceShutdown()
        harness.flush()
        acknowledge("whatever")
        #expect(!harness.events.contains("shutdown seen"))
        acknowledge("shutdown")
        acknowledge("shutdown")
        #expect(harness.events.filter { $0 == "shutdown seen" }.count == 1)
    }

    @Test func otherProtocolsFail() {
        let harness = SessionHarness()
        #expect(harness.receive(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)) == .failed)
        #expect(harness.receive(HTTP2Frame.preface) == .failed)
        #expect(harness.session.isFinished)
    }

    @Test func streamsBeyondTheLimitAreRefused() {
        var limits = HTTP2Limits()
        limits.streams = 2
        // The limit is strict only for a client that has acknowledged it. This client has not yet.
        let harness = SessionHarness.open(limits: limits, acknowledges: false)
        for stream in [1, 3, 5] as [UInt32] { harness.receive(.headers(stream, HTTP2Frame.request())) }
        #expect(harness.sent(on: 5) == ["reset 7"])
        #expect(harness.events.filter { $0.hasPrefix("request") }.count == 2)
    }
}
