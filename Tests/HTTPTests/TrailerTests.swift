import HTTP
import Testing

/// Trailer sections: the fields that a proxy may forward, and the fields that the decoder drops.
@Suite struct TrailerTests {
    @Test(arguments: [
        ("", []), ("X-End: 1\r\n", ["X-End: 1"]), ("a:\t b c \r\nB:\r\na: 2\r\n", ["a: b c", "B: ", "a: 2"]),
        ("Grpc-Status: 0\r\ngrpc-message: fine\r\n", ["Grpc-Status: 0", "grpc-message: fine"]),
        (
            "Server-Timing: cpu;dur=2\r\nETag: x\r\nVia: 1.1 a\r\n",
            ["Server-Timing: cpu;dur=2", "ETag: x", "Via: 1.1 a"]
        ),
    ])
    func passesOn(_ section: String, _ expected: [String]) throws {
        #expect(try trailers(section) == expected)
    }

    @Test(arguments: [
        "Content-Length: 5", "content_length: 5", "Transfer-Encoding: chunked", "Host: evil", "Connection: close",
        "TE: x",
        "Trailer: y", "Upgrade: h2c", "Keep-Alive: 5", "Expect: 100-continue", "Authorization: x", "Set-Cookie: a=b",
        "Cookie: a=b", "Content-Type: x", "Content-Encoding: gzip", "Content-Range: x", "Cache-Control: x",
        "Location: x",
        "Range: x", "If-Match: x", "If-Modified-Since: x", "X-Forwarded-For: 1.2.3.4",
        "x_forwarded_proto: https", "Forwarded: x", "X-Real-IP: x", "Client-Cert: x", "X-SSL-Client-Verify: x",
        "Understudy-Epoch: 7", "understudy-fenced: 9", "X-Request-Id: x", "traceparent: x", "Date: x", "Retry-After: 1",
        "WWW-Authenticate: x", "Proxy-Authorization: x", "Sec-WebSocket-Key: x", "Vary: *", "Max-Forwards: 1",
    ])
    func drops(_ line: String) throws {
        #expect(try trailers("Before: 1\r\n\(line)\r\nAfter: 2\r\n") == ["Before: 1", "After: 2"])
    }

    @Test func belongsToOneMessageEach() throws {
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let input = head + "1\r\na\r\n0\r\nX: 1\r\n\r\n" + head + "0\r\n\r\n" + head + "0\r\nY: 2\r\n\r\n"
        let (conversation, difference) = Conversation.fedEveryWay(.client, Array(input.utf8))
        #expect(difference == nil)
        #expect(conversation.messages.map { $0.trailers.map(\.name) } == [["X"], [], ["Y"]])
    }

    @Test func anotherBodyInTheSameMemoryBeginsAnew() {
        var decoder = BodyDecoder(.chunked)
        var first = "0\r\nX: 1\r\n\r\n"
        #expect(first.withUTF8 { decoder.decode($0) } == .end(consumed: 11))
        #expect(decoder.trailers()?.isEmpty == false)
        decoder.begin(.length(3))
        #expect(decoder.trailers() == nil)
        #expect(!decoder.isFinished)
        decoder.begin(.chunked)
        var second = "1\r\na\r\n0\r\n\r\n"
        #expect(second.withUTF8 { decoder.decode($0) } == .data(offset: 3, count: 1, consumed: 4))
    }

    @Test(arguments: [
        ("TE: trailers\r\n", true), ("TE: deflate;q=0.5, Trailers\r\n", true), ("TE: trailers ;q=1\r\n", false),
        ("TE: gzip\r\nTE: trailers\r\n", true), ("TE:\r\n", false), ("TE: xtrailers, trailersx\r\n", false),
        ("", false),
    ])
    func knowsWhetherTheClientAcceptsTrailers(_ lines: String, _ accepts: Bool) {
        var parser = RequestParser()
        var head = RequestHead()
        var text = "GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n"
        let count = text.utf8.count
        #expect(text.withUTF8 { parser.parse($0, into: &head) } == .complete(headLength: count))
        #expect(head.acceptsTrailers == accepts)
    }

    private func trailers(_ section: String) throws -> [String] {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        let input = Array("\(head)2\r\nab\r\n0\r\n\(section)\r\n".utf8)
        let (conversation, difference) = Conversation.fedEveryWay(.server(answering: .get), input)
        #expect(difference == nil)
        #expect(conversation.ending == .clean)
        let message = try #require(conversation.complete.first)
        return message.trailers.map { "\($0.name): \($0.value)" }
    }
}
