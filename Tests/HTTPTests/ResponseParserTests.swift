import HTTP
import Testing

/// The responses that the parser accepts and rejects, and the end of their content.
@Suite struct ResponseParserTests {
    struct Framing: Sendable {
        var method = HTTP.Method.get
        var start = "HTTP/1.1 200 OK"
        var lines = ""
        var framing: BodyFraming
        var isPersistent = true
    }

    @Test(arguments: [
        Framing(framing: .untilClose, isPersistent: false),
        Framing(lines: "Content-Length: 5\r\n", framing: .length(5)),
        Framing(lines: "Content-Length: 0\r\n", framing: .length(0)),
        Framing(lines: "Transfer-Encoding: chunked\r\n", framing: .chunked),
        Framing(lines: "Connection: close\r\nContent-Length: 5\r\n", framing: .length(5), isPersistent: false),
        Framing(method: .head, framing: .none),
        Framing(method: .head, lines: "Content-Length: 5\r\n", framing: .none),
        Framing(method: .head, lines: "Transfer-Encoding: chunked\r\n", framing: .none),
        Framing(start: "HTTP/1.1 204 No Content", framing: .none),
        Framing(start: "HTTP/1.1 304 Not Modified", lines: "Content-Length: 5\r\n", framing: .none),
        Framing(start: "HTTP/1.1 100 Continue", framing: .none),
        Framing(start: "HTTP/1.1 101 Switching Protocols", framing: .none),
        Framing(start: "HTTP/1.1 205 Reset Content", lines: "Content-Length: 0\r\n", framing: .length(0)),
        Framing(start: "HTTP/1.0 200 OK", lines: "Content-Length: 5\r\n", framing: .length(5), isPersistent: false),
        Framing(start: "HTTP/1.2 200 OK", lines: "Content-Length: 5\r\n", framing: .length(5)),
        Framing(start: "HTTP/1.9 200 OK", lines: "Transfer-Encoding: chunked\r\n", framing: .chunked),
        Framing(
            start: "HTTP/1.0 200 OK", lines: "Connection: keep-alive\r\nContent-Length: 5\r\n", framing: .length(5)),
        Framing(
            start: "HTTP/1.0 200 OK", lines: "Connection: keep-alive\r\n", framing: .untilClose, isPersistent: false),
    ])
    func findsTheEnd(_ example: Framing) throws {
        let input = Array("\(example.start)\r\n\(example.lines)\r\n".utf8)
        var head = ResponseHead()
        var parser = ResponseParser()
        let result = input.withUnsafeBufferPointer { parser.parse($0, answering: example.method, into: &head) }
        #expect(result == .complete(headLength: input.count))
        #expect(head.framing == example.framing)
        #expect(head.isPersistent == example.isPersistent)
        #expect(head.contentLength == (example.lines.contains("Content-Length: 5") ? 5 : head.contentLength))
        #expect(head.isInterim == example.start.contains(" 100 "))
    }

    static let accepted: [Sample] = [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 999 What  is\tthis \u{e9}\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 304 x\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nanything \r\n\r\n until the end",
        "HTTP/1.1 200 OK\r\nHost: a b\r\nHost: c\r\nExpect: x\r\nContent_Length: x\r\nContent-Length: 0\r\n\r\n",
    ].map { Sample($0.debugDescription, $0) }

    @Test(arguments: accepted)
    func accepts(_ sample: Sample) {
        let (conversation, difference) = Conversation.fedEveryWay(.server(answering: .get), sample.input)
        #expect(conversation.ending == .clean)
        #expect(conversation.complete.count == conversation.messages.count)
        #expect(difference == nil)
    }

    @Test(arguments: [
        (HTTPError.emptyStartLine, "\r\nHTTP/1.1 200 OK\r\n\r\n"), (.malformedStatusLine, "HTTP/1.1 20 OK\r\n\r\n"),
        (.malformedStatusLine, "HTTP/1.1 2000 OK\r\n\r\n"), (.malformedStatusLine, "HTTP/1.1 099 OK\r\n\r\n"),
        (.malformedStatusLine, "HTTP/1.1 2x0 OK\r\n\r\n"), (.malformedStatusLine, "HTTP/1.1  200 OK\r\n\r\n"),
        (.malformedStatusLine, "HTTP/1.1\t200 OK\r\n\r\n"), (.malformedStatusLine, "HTTP/1.1 200\tOK\r\n\r\n"),
        (.malformedStatusLine, "ICY 200 OK and more\r\n\r\n"), (.malformedStatusLine, "HTTP/1.1\r\n\r\n"),
        (.unsupportedVersion, "HTTP/1.x 200 OK\r\n\r\n"), (.unsupportedVersion, "HTTP/2.0 200 OK\r\n\r\n"),
        (.malformedStatusLine, "HTTP/11.1 200 OK\r\n\r\n"), (.bareLineFeed, "HTTP/1.1 200 OK\n\r\n"),
        (.bareCarriageReturn, "HTTP/1.1 200 OK\rX: y\r\n\r\n"), (.controlByte, "HTTP/1.1 200 O\u{0}K\r\n\r\n"),
        (.obsoleteFold, "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"),
        (.repeatedContentLength, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n"),
        (
            .contentLengthWithTransferEncoding,
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
        ),
        (.unsupportedTransferCoding, "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
        (.transferEncodingInOldVersion, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (.invalidContentLength, "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n"),
    ])
    func refuses(_ error: HTTPError, _ input: String) {
        let (conversation, difference) = Conversation.fedEveryWay(.server(answering: .get), Array(input.utf8))
        #expect(conversation.ending == .failed(error))
        #expect(difference == nil)
    }

    @Test func noticesACutBody() {
        let counted = Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell".utf8)
        #expect(Conversation(.server(answering: .get), counted).ending == .incompleteBody)
        let chunked = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n".utf8)
        #expect(Conversation(.server(answering: .get), chunked).ending == .incompleteBody)
    }
}
