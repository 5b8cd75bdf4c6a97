import HTTP
import Testing

@testable import Connections

/// The way from the bytes of an HTTP/1.1 connection to responses.
@Suite struct ResponseReaderTests {
    /// The reader's findings in the bytes, one step after the other; content as its text.
    private func steps(_ text: String, method: Method = .get, framing: BodyFraming? = nil) -> [String] {
        var reader = ResponseReader(limits: .standard)
        reader.reset()
        var found: [String] = []
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            var used = 0
            while true {
                let rest = UnsafeBufferPointer(rebasing: bytes[used...])
                switch reader.next(rest, answering: method) {
                case .needMore(let count):
                    found.append("needs more of \(rest.count - count)")
                    return
                case .head(let count):
                    used += count
                    found.append("head \(reader.head.status)")
                    if reader.head.status >= 200 { reader.beginContent(framing ?? reader.head.framing) }
                case .content(let offset, let count, let consumed):
                    used += consumed
                    found.append(String(decoding: rest[offset..<(offset + count)], as: UTF8.self))
                case .end(let consumed):
                    found.append("end, \(rest.count - consumed) left")
                    return
                case .failed(let error):
                    found.append("failed: \(error.reason)")
                    return
                }
            }
        }
        return found
    }

    @Test func `A counted response ends with its content`() {
        let text = "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokmore"
        #expect(steps(text) == ["head 103", "head 200", "ok", "end, 4 left"])
    }

    @Test func `A chunked response ends with its last chunk`() {
        let text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"
        #expect(steps(text) == ["head 200", "a", "end, 0 left"])
    }

    @Test func `A response to HEAD has no content`() {
        let text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
        #expect(steps(text, method: .head) == ["head 200", "end, 0 left"])
    }

    @Test func `A tunnel never ends by itself`() {
        let found = steps("HTTP/1.1 200 OK\r\n\r\nany bytes", framing: .untilClose)
        #expect(found == ["head 200", "any bytes", "needs more of 0"])
    }

    @Test func `Half a head is kept`() {
        #expect(steps("HTTP/1.1 200 OK\r\nX") == ["needs more of 18"])
    }

    @Test func `The end of the input completes only content without framing`() {
        var reader = ResponseReader(limits: .standard)
        let isCompleteWithoutHead = reader.endOfInput()
        #expect(!isCompleteWithoutHead)
        for (framing, isComplete) in [(BodyFraming.untilClose, true), (.length(2), false), (.chunked, false)] {
            reader.beginContent(framing)
            let result = reader.endOfInput()
            #expect(result == isComplete, "\(framing)")
        }
    }
}
