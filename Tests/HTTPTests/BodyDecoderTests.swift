import HTTP
import Testing

/// Message bodies: their content, their end, and the errors in chunked bodies.
@Suite struct BodyDecoderTests {
    @Test(arguments: [
        ("0\r\n\r\n", ""), ("5\r\nhello\r\n0\r\n\r\n", "hello"), ("1\r\na\r\n2\r\nbc\r\n000\r\n\r\n", "abc"),
        ("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
        ("0000000000000005\r\nhello\r\n0000000000000000\r\n\r\n", "hello"),
        ("5\r\n\r\n\r\n\r\r\n0\r\n\r\n", "\r\n\r\n\r"),
        ("5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"), ("5;a=b;c;d=\"e\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5 ; a = b\t;\tc = \"d\" ; e\r\nhello\r\n0\r\n\r\n", "hello"),
        ("5;a=\"; \\\" \\\\ \u{e9}\t\"\r\nhello\r\n0\r\n\r\n", "hello"), ("5;a=\"\"\r\nhello\r\n0\r\n\r\n", "hello"),
        ("0\r\nX: y\r\nZ:\t\u{e9} \r\n\r\n", ""), ("0\r\nContent-Length: 5\r\nX:\r\n\r\n", ""),
    ])
    func takesChunks(_ body: String, _ content: String) throws {
        let message = try fed(body, ending: .clean)
        #expect(String(decoding: message.body, as: UTF8.self) == content)
        #expect(message.isComplete)
    }

    @Test(arguments: [
        (HTTPError.invalidChunkSize, "\r\n"), (.invalidChunkSize, ";a\r\n"), (.invalidChunkSize, " 5\r\nhello\r\n"),
        (.invalidChunkSize, "+5\r\n"), (.invalidChunkSize, "-1\r\n"), (.invalidChunkSize, "0x5\r\n"),
        (.invalidChunkSize, "5_0\r\n"), (.invalidChunkSize, "5g\r\n"), (.invalidChunkSize, "5\n"),
        (.invalidChunkSize, "5\u{0}\r\n"), (.invalidChunkSize, "5,5\r\n"),
        (.chunkSizeTooLarge, "00000000000000005\r\n"), (.chunkSizeTooLarge, "8000000000000000\r\n"),
        (.chunkSizeTooLarge, "ffffffffffffffff\r\n"), (.chunkSizeTooLarge, "10000000000000000\r\n"),
        (.invalidChunkExtension, "5 \r\nhello\r\n"), (.invalidChunkExtension, "5\ta\r\n"),
        (.invalidChunkExtension, "5;\r\n"), (.invalidChunkExtension, "5; \r\n"), (.invalidChunkExtension, "5;;a\r\n"),
        (.invalidChunkExtension, "5;a;\r\n"), (.invalidChunkExtension, "5;a \r\n"),
        (.invalidChunkExtension, "5;a=\r\n"),
        (.invalidChunkExtension, "5;a= \r\n"), (.invalidChunkExtension, "5;a=b \r\n"),
        (.invalidChunkExtension, "5;a=b c\r\n"),
        (.invalidChunkExtension, "5;a b\r\n"), (.invalidChunkExtension, "5;a==b\r\n"),
        (.invalidChunkExtension, "5;=b\r\n"),
        (.invalidChunkExtension, "5;a=\"b\r\n"), (.invalidChunkExtension, "5;a=\"b\"c\r\n"),
        (.invalidChunkExtension, "5;a=\"b\" \r\n"), (.invalidChunkExtension, "5;a=\"\\\r\n\"\r\n"),
        (.invalidChunkExtension, "5;a\n"), (.invalidChunkExtension, "5;a=\"\n\"\r\n"),
        (.invalidChunkExtension, "5;\u{1}\r\n"),
        (.invalidChunkExtension, "5;a=\u{e9}\r\n"), (.invalidChunkExtension, "5;a@\r\n"),
        (.bareCarriageReturn, "5\rhello"),
        (.bareCarriageReturn, "5;a\rhello"), (.bareCarriageReturn, "5\r\r\n"), (.missingChunkEnd, "5\r\nhello5\r\n"),
        (.missingChunkEnd, "5\r\nhello\n"), (.missingChunkEnd, "5\r\nhello\rx"), (.missingChunkEnd, "4\r\nhello\r\n"),
        (.invalidFieldName, "0\r\n: x\r\n\r\n"), (.invalidFieldName, "0\r\nX\r\n\r\n"),
        (.obsoleteFold, "0\r\n x\r\n\r\n"),
        (.obsoleteFold, "0\r\nX: y\r\n z\r\n\r\n"), (.whitespaceBeforeColon, "0\r\nX : y\r\n\r\n"),
        (.bareLineFeed, "0\r\nX: y\n\r\n"), (.bareCarriageReturn, "0\r\nX: y\rz\r\n"),
        (.controlByte, "0\r\nX: \u{0}\r\n"),
        (.invalidFieldName, "0\r\n\n"), (.bareCarriageReturn, "0\r\n\r\r\n"),
        (.invalidFieldName, "0\r\nG\u{e9}: y\r\n\r\n"),
    ])
    func refusesChunks(_ error: HTTPError, _ body: String) throws {
        let message = try fed(body, ending: .failed(error))
        #expect(!message.isComplete)
    }

    private func fed(_ body: String, ending: Conversation.Ending) throws -> Conversation.Message {
        let input = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        let (conversation, difference) = Conversation.fedEveryWay(.client, Array(input.utf8))
        #expect(conversation.ending == ending)
        #expect(difference == nil)
        return try #require(conversation.messages.first)
    }

    @Test(arguments: [BodyFraming.none, .length(0)])
    func isFinishedAtOnceWithoutContent(_ framing: BodyFraming) {
        let decoder = Decoding(framing)
        #expect(decoder.isFinished)
        #expect(decoder.step("GET") == .end(consumed: 0))
        #expect(decoder.endOfInput())
    }

    @Test func countsContent() {
        let decoder = Decoding(.length(5))
        #expect(decoder.step("") == .needMore(consumed: 0))
        #expect(decoder.step("hel") == .data(offset: 0, count: 3, consumed: 3))
        #expect(!decoder.isFinished)
        #expect(decoder.step("loGET") == .data(offset: 0, count: 2, consumed: 2))
        #expect(decoder.isFinished)
        #expect(decoder.step("GET") == .end(consumed: 0))
    }

    @Test func knowsACutBodyFromACompleteOne() {
        let counted = Decoding(.length(5))
        #expect(counted.step("hell") == .data(offset: 0, count: 4, consumed: 4))
        #expect(!counted.endOfInput())
        let chunked = Decoding(.chunked)
        #expect(chunked.step("0\r\n") == .needMore(consumed: 3))
        #expect(!chunked.endOfInput())
        let open = Decoding(.untilClose)
        #expect(open.step("") == .needMore(consumed: 0))
        #expect(open.step("x") == .data(offset: 0, count: 1, consumed: 1))
        #expect(!open.isFinished)
        #expect(open.endOfInput())
        #expect(open.isFinished)
    }

    @Test func handsOutChunksWithTheirOverheadConsumed() {
        let decoder = Decoding(.chunked)
        #expect(decoder.step("5;a\r\nhello\r\n0\r\n\r\nGET") == .data(offset: 5, count: 5, consumed: 10))
        #expect(decoder.step("\r\n0\r\n\r\nGET") == .end(consumed: 7))
        #expect(decoder.isFinished)
        #expect(decoder.step("GET") == .end(consumed: 0))
    }

    @Test func holdsOnToItsFailure() {
        let decoder = Decoding(.chunked)
        #expect(decoder.step("x") == .failed(.invalidChunkSize))
        #expect(decoder.step("0\r\n\r\n") == .failed(.invalidChunkSize))
        #expect(!decoder.endOfInput())
    }

    @Test func takesTheLargestLengths() {
        let decoder = Decoding(.length(UInt64(Int64.max)))
        #expect(decoder.step("x") == .data(offset: 0, count: 1, consumed: 1))
        let chunked = Decoding(.chunked)
        #expect(chunked.step("7fffffffffffffff\r\nx") == .data(offset: 18, count: 1, consumed: 19))
    }
}

/// A decoder behind a reference, so that an expectation can mutate it.
private final class Decoding {
    private var decoder: BodyDecoder

    init(_ framing: BodyFraming) { decoder = BodyDecoder(framing) }

    var isFinished: Bool { decoder.isFinished }

    func endOfInput() -> Bool { decoder.endOfInput() }

    func step(_ input: String) -> BodyStep {
        var input = input
        return input.withUTF8 { decoder.decode($0) }
    }
}
