import HTTP
import Testing

/// The text of written messages, and their parsing by the project's own parsers.
@Suite struct MessageWritingTests {
    @Test(
        arguments: [
            (200, "HTTP/1.1 200 OK\r\n"), (404, "HTTP/1.1 404 Not Found\r\n"),
            (101, "HTTP/1.1 101 Switching Protocols\r\n"),
            (431, "HTTP/1.1 431 Request Header Fields Too Large\r\n"), (299, "HTTP/1.1 299 \r\n"),
            (999, "HTTP/1.1 999 \r\n"),
        ] as [(UInt16, String)])
    func writesStatusLines(_ status: UInt16, _ line: String) {
        var buffer = ByteBuffer()
        buffer.appendStatusLine(status)
        #expect(text(buffer) == line)
    }

    @Test func writesFields() {
        var buffer = ByteBuffer()
        buffer.appendField("A", "b")
        buffer.appendField("Empty", "")
        buffer.appendField(name: "S", value: "caf\u{e9}")
        buffer.appendField(name: "N", decimal: 12)
        Array("name value".utf8).withUnsafeBufferPointer { bytes in
            let name = UnsafeBufferPointer(rebasing: bytes[..<4])
            let value = UnsafeBufferPointer(rebasing: bytes[5...])
            buffer.appendField(name: "V", value: value)
            buffer.appendFieldBytes(name: name, value: value)
            buffer.appendFieldBytes(name: name, value: UnsafeBufferPointer(start: nil, count: 0))
        }
        #expect(text(buffer) == "A: b\r\nEmpty: \r\nS: caf\u{e9}\r\nN: 12\r\nV: value\r\nname: value\r\nname: \r\n")
    }

    @Test func letsNoTextStartALine() {
        var buffer = ByteBuffer()
        buffer.appendField(name: "X", value: "a\r\nSet-Cookie: b\u{0}\u{7f}")
        #expect(text(buffer) == "X: a  Set-Cookie: b  \r\n")
    }

    @Test func isReadBack() throws {
        var buffer = ByteBuffer()
        buffer.appendStatusLine(206)
        buffer.appendField("Content-Type", "text/plain")
        buffer.appendField("Transfer-Encoding", "chunked")
        buffer.append("\r\n")
        for piece in ["hello", String(repeating: "x", count: 300)] {
            buffer.appendChunkHead(piece.utf8.count)
            buffer.append(text: piece)
            buffer.appendChunkTail()
        }
        buffer.appendLastChunk()
        buffer.appendStatusLine(204)
        buffer.append("\r\n")
        let (read, difference) = Conversation.fedEveryWay(.server(answering: .get), Array(buffer.readable))
        #expect(read.ending == .clean)
        #expect(difference == nil)
        #expect(read.messages.map(\.start) == [["206", "Partial Content"], ["204", "No Content"]])
        #expect(read.messages.first?.fields.map(\.value) == ["text/plain", "chunked"])
        #expect(read.messages.first?.body == Array(("hello" + String(repeating: "x", count: 300)).utf8))
    }

    /// A parsed request, written from its parts and parsed again, has the same content.
    @Test func writesTheParsedHead() throws {
        let input = Array(
            "POST http://b:1/x?y HTTP/1.1\r\nHost: a\r\nX-One:  1 \r\nEmpty:\r\nContent-Length: 3\r\n\r\nabc".utf8)
        var parser = RequestParser()
        var head = RequestHead()
        var out = ByteBuffer()
        input.withUnsafeBufferPointer { bytes in
            _ = parser.parse(bytes, into: &head)
            out.append(head.methodName.in(bytes))
            out.append(" ")
            out.appendTarget(of: head, in: bytes)
            out.append(" HTTP/1.1\r\n")
            out.appendField(name: "Host", value: head.authority.in(bytes))
            for field in head.fields where field.known != .host {
                out.appendFieldBytes(name: field.name.in(bytes), value: field.value.in(bytes))
            }
            out.append("\r\nabc")
        }
        let first = try #require(Conversation(.client, input).messages.first)
        let second = try #require(Conversation(.client, Array(out.readable)).messages.first)
        #expect(second.start == ["POST", "/x?y"])
        #expect(second.authority == first.authority)
        #expect(second.fields.map(\.name) == first.fields.map(\.name))
        #expect(second.fields.dropFirst() == first.fields.dropFirst())
        #expect(second.framing == .length(3))
        #expect(second.body == first.body)
    }

    @Test func clampsRanges() {
        Array("hello".utf8).withUnsafeBufferPointer { bytes in
            #expect(ByteRange(start: 1, count: 3).string(in: bytes) == "ell")
            #expect(ByteRange(start: 3, count: 30).string(in: bytes) == "lo")
            #expect(ByteRange(start: 30, count: 3).string(in: bytes).isEmpty)
            #expect(ByteRange(start: -3, count: 1).string(in: bytes) == "h")
            #expect(ByteRange(start: 2, count: -1).string(in: bytes).isEmpty)
            #expect(ByteRange(start: .max, count: .max).string(in: bytes).isEmpty)
        }
        let none = UnsafeBufferPointer<UInt8>(start: nil, count: 0)
        #expect(ByteRange(start: 0, count: 1).in(none).isEmpty)
        #expect(ByteRange(start: 3, count: 4).end == 7)
    }

    @Test func tellsErrorsApart() {
        let reasons = HTTPError.allCases.map { $0.reason.description }
        #expect(Set(reasons).count == reasons.count)
        for error in HTTPError.allCases {
            #expect([400, 413, 414, 417, 431, 501, 502, 505].contains(error.status))
            #expect(!error.reason.description.isEmpty)
        }
    }
}
