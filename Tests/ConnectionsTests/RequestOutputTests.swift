import HTTP
import Testing

@testable import Connections

/// The framing of content in HTTP/1.1 requests.
@Suite struct RequestOutputTests {
    /// The output after two pieces of content, perhaps trailers, and the end.
    private func written(isChunked: Bool, hasTrailers: Bool) -> String {
        var output = RequestOutput()
        output.begin(isChunked: isChunked)
        for piece in ["ab", "c"] {
            Array(piece.utf8).withUnsafeBufferPointer { output.append(content: $0) }
        }
        if hasTrailers {
            var trailers = TrailerSection()
            Array("x-sum".utf8).withUnsafeBufferPointer { name in
                Array("7".utf8).withUnsafeBufferPointer { trailers.append(name: name, value: $0) }
            }
            output.append(trailers: trailers)
        }
        output.appendEnd()
        // The end is written once.
        output.appendEnd()
        return String(decoding: output.buffer.readable, as: UTF8.self)
    }

    @Test func `Content with a length goes out as it is, and its trailers are dropped`() {
        #expect(written(isChunked: false, hasTrailers: false) == "abc")
        #expect(written(isChunked: false, hasTrailers: true) == "abc")
    }

    @Test func `Chunked content gets chunks, trailers and an end`() {
        #expect(written(isChunked: true, hasTrailers: false) == "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n")
        #expect(written(isChunked: true, hasTrailers: true) == "2\r\nab\r\n1\r\nc\r\n0\r\nx-sum: 7\r\n\r\n")
    }

    @Test func `The next request begins with a clean state`() {
        var output = RequestOutput()
        output.isOnTheWay = true
        output.wasCongested = true
        output.begin(isChunked: true)
        #expect(!output.isOnTheWay && !output.wasCongested)
    }
}
