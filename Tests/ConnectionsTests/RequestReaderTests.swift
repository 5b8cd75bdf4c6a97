import HTTP
import Testing

@testable import Connections

/// The way from the bytes of an HTTP/1.1 connection to requests.
@Suite struct RequestReaderTests {
    /// The reader's findings in the bytes, one step after the other; content as its text.
    private func steps(_ text: String) -> [String] {
        var reader = RequestReader(limits: LimitsInForce(DownstreamLimits()))
        var found: [String] = []
        Array(text.utf8).withUnsafeBufferPointer { bytes in
            var used = 0
            var isInContent = false
            while used < bytes.count {
                let rest = UnsafeBufferPointer(rebasing: bytes[used...])
                if isInContent {
                    switch reader.readContent(rest) {
                    case .data(let offset, let count, let consumed):
                        used += consumed
                        found.append(String(decoding: rest[offset..<(offset + count)], as: UTF8.self))
                    case .needMore(let consumed): used += consumed
                    case .end(let consumed):
                        used += consumed
                        isInContent = false
                        found.append(reader.trailers() == nil ? "end" : "end with trailers")
                    case .failed(let error): return found.append("failed: \(error.reason)")
                    }
                } else {
                    switch reader.readHead(rest) {
                    case .needMore: return found.append(reader.hasPartOfHead ? "part of a head" : "no head")
                    case .complete(let length):
                        used += length
                        isInContent = reader.beginContent()
                        found.append("\(reader.head.method) with\(isInContent ? "" : "out") content")
                    case .failed(let error): return found.append("failed: \(error.reason)")
                    }
                }
            }
            if !isInContent { found.append(reader.hasPartOfHead ? "part of a head" : "at rest") }
        }
        return found
    }

    @Test func `A request without content ends with its head, and the next one follows`() {
        let text = "GET / HTTP/1.1\r\nHost: a\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
        #expect(steps(text) == ["get without content", "post without content", "at rest"])
    }

    @Test func `Counted content ends before the next head`() {
        let text = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nokGET / HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(steps(text) == ["put with content", "ok", "end", "get without content", "at rest"])
    }

    @Test func `Chunked content may have trailers`() {
        let text = "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nA: b\r\n\r\n"
        #expect(steps(text) == ["put with content", "a", "end with trailers", "at rest"])
    }

    @Test func `An empty line is no part of a head`() {
        #expect(steps("\r\n") == ["no head"])
        #expect(steps("\r\nG") == ["part of a head"])
    }

    @Test func `A forgotten part of a head does not join the next head`() {
        var reader = RequestReader(limits: LimitsInForce(DownstreamLimits()))
        let half = Array("GET / HTTP/1.1\r\nA".utf8)
        let whole = Array("PUT / HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
        half.withUnsafeBufferPointer { _ = reader.readHead($0) }
        let hadPart = reader.hasPartOfHead
        reader.forgetPartOfHead()
        let hasPart = reader.hasPartOfHead
        #expect(hadPart && !hasPart)
        let result = whole.withUnsafeBufferPointer { reader.readHead($0) }
        let method = reader.head.method
        #expect(result == .complete(headLength: whole.count) && method == .put)
    }
}
