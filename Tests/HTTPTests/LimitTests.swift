import HTTP
import Testing

/// Each limit of heads and bodies: the largest accepted size and the smallest rejected size. The parser detects an
/// excess before the line ends.
@Suite struct LimitTests {
    static let limits = HTTPLimits(
        head: 200, fields: 4, requestLine: 64, chunkLine: 32, chunkExtensions: 48, trailer: 64)

    @Test func boundsTheRequestLine() {
        func line(_ length: Int) -> String {
            "GET /" + String(repeating: "a", count: length - 16) + " HTTP/1.1\r\n"
        }
        #expect(line(64).utf8.count == 64)
        #expect(ending(line(64) + "Host: a\r\n\r\n") == .clean)
        #expect(ending(line(65) + "Host: a\r\n\r\n") == .failed(.requestLineTooLong))
        #expect(ending(String(repeating: "A", count: 63)) == .incompleteHead)
        #expect(ending(String(repeating: "A", count: 64)) == .failed(.requestLineTooLong))
        #expect(ending("\r\n" + line(64) + "Host: a\r\n\r\n") == .clean)
        #expect(HTTPError.requestLineTooLong.status == 414)
    }

    @Test func boundsTheHead() {
        func head(_ length: Int) -> String {
            let start = "GET / HTTP/1.1\r\nHost: a\r\nX: "
            return start + String(repeating: "x", count: length - start.utf8.count - 4) + "\r\n\r\n"
        }
        #expect(head(200).utf8.count == 200)
        #expect(ending(head(200)) == .clean)
        #expect(ending(head(201)) == .failed(.headTooLarge))
        #expect(ending(head(202)) == .failed(.headTooLarge))
        #expect(ending(String(head(400).prefix(200))) == .failed(.headTooLarge))
        // The parser ignores a control byte beyond the limit: the result must not depend on how much arrives at once.
        #expect(ending(head(400).replacing("x\r\n", with: "\u{1}\r\n")) == .failed(.headTooLarge))
        #expect(HTTPError.headTooLarge.status == 431)
    }

    @Test func boundsTheFields() {
        func head(_ count: Int) -> String {
            "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "a: b\r\n", count: count - 1) + "\r\n"
        }
        #expect(ending(head(4)) == .clean)
        #expect(ending(head(5)) == .failed(.tooManyFields))
        // `dropLast` removes the empty line at the end, because CRLF is one Character.
        #expect(ending(String(head(5).dropLast())) == .failed(.tooManyFields))
        #expect(HTTPError.tooManyFields.status == 431)
    }

    @Test func hasTheLimitsOfTheProduct() {
        let standard = HTTPLimits.standard
        #expect(standard.head == 16384)
        #expect(standard.fields == 100)
        #expect(standard.requestLine == 8192)
        #expect(HTTPLimits(head: .max, fields: .max, requestLine: -1).head == 1 << 30)
        #expect(HTTPLimits(head: 1, fields: -1, requestLine: -1).requestLine == 16)
    }

    @Test func boundsTheStatusLine() {
        let long = "HTTP/1.1 200 " + String(repeating: "a", count: 60)
        #expect(ending(long, .server(answering: .get)) == .failed(.headTooLarge))
    }

    @Test func boundsChunkLines() {
        func body(_ line: String) -> String {
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(line)\r\na\r\n0\r\n\r\n"
        }
        #expect(ending(body("1;" + String(repeating: "a", count: 28))) == .clean)
        #expect(ending(body("1;" + String(repeating: "a", count: 29))) == .failed(.chunkLineTooLong))
        #expect(ending(body("1;a=\"" + String(repeating: " ", count: 40))) == .failed(.chunkLineTooLong))
        // The bound on the number of digits applies first.
        #expect(ending(body(String(repeating: "0", count: 17))) == .failed(.chunkSizeTooLarge))
    }

    @Test func boundsChunkExtensionsTogether() {
        func body(_ chunks: Int) -> String {
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + String(repeating: "1;aaaaaaaaaa\r\na\r\n", count: chunks) + "0\r\n\r\n"
        }
        #expect(ending(body(4)) == .clean)
        #expect(ending(body(5)) == .failed(.chunkExtensionsTooLong))
    }

    @Test func boundsTrailers() {
        func body(_ trailer: String) -> String {
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\(trailer)\r\n"
        }
        #expect(ending(body("a: " + String(repeating: "x", count: 57) + "\r\n")) == .clean)
        #expect(ending(body("a: " + String(repeating: "x", count: 58) + "\r\n")) == .failed(.trailerTooLarge))
        #expect(ending(body(String(repeating: "a: b\r\n", count: 4))) == .clean)
        #expect(ending(body(String(repeating: "a: b\r\n", count: 5))) == .failed(.tooManyFields))
    }

    private func ending(_ input: String, _ speaker: Conversation.Speaker = .client) -> Conversation.Ending {
        let (conversation, difference) = Conversation.fedEveryWay(speaker, Array(input.utf8), limits: Self.limits)
        #expect(difference == nil)
        return conversation.ending
    }
}
