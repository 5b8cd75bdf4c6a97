/// One HTTP/2 frame (RFC 9113 4.1), implemented without the product's code.
package struct HTTP2Frame: Equatable, Sendable {
    package enum Kind {
        package static let data: UInt8 = 0
        package static let headers: UInt8 = 1
        package static let priority: UInt8 = 2
        package static let resetStream: UInt8 = 3
        package static let settings: UInt8 = 4
        package static let ping: UInt8 = 6
        package static let goAway: UInt8 = 7
        package static let windowUpdate: UInt8 = 8
        package static let continuation: UInt8 = 9
    }

    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    package static let endStream: UInt8 = 0x1
    package static let acknowledgement: UInt8 = 0x1
    package static let endHeaders: UInt8 = 0x4
    package static let padded: UInt8 = 0x8

    package var kind: UInt8
    package var flags: UInt8
    package var stream: UInt32
    package var payload: [UInt8]

    package init(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    package var isEnd: Bool { flags & HTTP2Frame.endStream != 0 }

    /// Four bytes of the payload from `offset` on, as a number: for example an error code.
    package func number(at offset: Int = 0) -> UInt32 {
        payload.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    package var bytes: [UInt8] {
        let count = payload.count
        return [UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF), kind, flags]
            + HTTP2Frame.bytes(stream) + payload
    }

    /// Removes the first frame from `bytes`; nil while the frame is incomplete.
    package static func take(from bytes: inout [UInt8]) -> HTTP2Frame? {
        guard bytes.count >= 9 else { return nil }
        let count = Int(bytes[0]) << 16 | Int(bytes[1]) << 8 | Int(bytes[2])
        guard bytes.count >= 9 + count else { return nil }
        let stream = bytes[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let frame = HTTP2Frame(bytes[3], flags: bytes[4], stream: stream, Array(bytes[9..<(9 + count)]))
        bytes.removeFirst(9 + count)
        return frame
    }

    package static func bytes(_ number: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    // MARK: Frames of a client

    package static func headers(
        _ stream: UInt32, _ fields: [(String, String)], isEnd: Bool = true, isWhole: Bool = true
    ) -> HTTP2Frame {
        HTTP2Frame(
            Kind.headers, flags: (isEnd ? endStream : 0) | (isWhole ? endHeaders : 0), stream: stream, block(fields))
    }

    package static func data(_ stream: UInt32, _ content: [UInt8], isEnd: Bool = false) -> HTTP2Frame {
        HTTP2Frame(Kind.data, flags: isEnd ? endStream : 0, stream: stream, content)
    }

    package static func reset(_ stream: UInt32, code: UInt32 = 8) -> HTTP2Frame {
        HTTP2Frame(Kind.resetStream, stream: stream, bytes(code))
    }

    package static func windowUpdate(_ stream: UInt32, _ increment: UInt32) -> HTTP2Frame {
        HTTP2Frame(Kind.windowUpdate, stream: stream, bytes(increment))
    }

    package static func settings(_ entries: [(UInt16, UInt32)] = []) -> HTTP2Frame {
        HTTP2Frame(Kind.settings, entries.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 0xFF)] + bytes($0.1) })
    }

    package static let ping = HTTP2Frame(Kind.ping, [1, 2, 3, 4, 5, 6, 7, 8])

    /// The pseudo-header fields of a request, followed by `fields`.
    package static func request(
        _ method: String = "GET", _ path: String = "/", _ fields: [(String, String)] = []
    ) -> [(String, String)] {
        [(":method", method), (":scheme", "https"), (":authority", "test"), (":path", path)] + fields
    }

    /// A header block of literals without indexing and without Huffman coding (RFC 7541 6.2.2).
    package static func block(_ fields: [(String, String)]) -> [UInt8] {
        fields.flatMap { [0x00] + text($0.0) + text($0.1) }
    }

    private static func text(_ value: String) -> [UInt8] {
        // Latin-1, so that a test can write any byte.
        let bytes = value.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        var length: [UInt8] = []
        if bytes.count < 127 {
            length = [UInt8(bytes.count)]
        } else {
            length = [127]
            var rest = bytes.count - 127
            while rest >= 128 {
                length.append(UInt8(rest & 0x7F | 0x80))
                rest >>= 7
            }
            length.append(UInt8(rest))
        }
        return length + bytes
    }
}
