/// Writing messages (RFC 9112): every start line and every field is written afresh from parts, never copied as a line.
///
/// Bytes that the parsers gave out are free of control bytes and go in as they are; a `String` may come from anywhere,
/// so its control bytes become spaces, and no value can start a line of its own.
extension ByteBuffer {
    /// `HTTP/1.1 200 OK` CRLF.
    ///
    /// - Parameter status: 100 to 999.
    package mutating func appendStatusLine(_ status: UInt16) {
        append("HTTP/1.1 ")
        append(UInt64(status), digits: 3, base: 10)
        append(byte: 0x20)
        append(StatusReason.phrase(status))
        append("\r\n")
    }

    /// The request target to send onwards, in origin-form, or `*` for an OPTIONS request of the whole server
    /// (RFC 9112 3.2.1, 3.2.4).
    ///
    /// - Parameters:
    ///   - head: a parsed request.
    ///   - bytes: the bytes that it was parsed from.
    package mutating func appendTarget(of head: RequestHead, in bytes: UnsafeBufferPointer<UInt8>) {
        let path = head.path.in(bytes)
        if path.isEmpty {
            append(byte: head.method == .options ? 0x2A : 0x2F)
            return
        }
        // An absolute-form target may have a query right behind its authority.
        if path[0] != 0x2F { append(byte: 0x2F) }
        append(path)
    }

    package mutating func appendField(_ name: StaticString, _ value: StaticString) {
        appendFieldBytes(name: Self.bytes(name), value: Self.bytes(value))
    }

    /// - Parameter value: free of control bytes, as the parsers give values out.
    package mutating func appendField(name: StaticString, value: UnsafeBufferPointer<UInt8>) {
        appendFieldBytes(name: Self.bytes(name), value: value)
    }

    /// - Parameter value: any text; control bytes are written as spaces.
    package mutating func appendField(name: StaticString, value: String) {
        append(name)
        append(": ")
        var value = value
        value.withUTF8 { bytes in
            let target = reserve(bytes.count)
            for index in 0..<bytes.count {
                let byte = bytes[index]
                target[index] = byte < 0x20 || byte == 0x7F ? 0x20 : byte
            }
            commit(bytes.count)
        }
        append("\r\n")
    }

    package mutating func appendField(name: StaticString, decimal number: UInt64) {
        append(name)
        append(": ")
        append(decimal: number)
        append("\r\n")
    }

    /// A field as the parsers gave it out: name a token, value free of control bytes.
    package mutating func appendFieldBytes(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        // One check for room instead of four: this is what most of a head is written with.
        let length = name.count &+ value.count &+ 4
        guard var target = reserve(length).baseAddress else { return }
        if let source = name.baseAddress {
            target.update(from: source, count: name.count)
            target += name.count
        }
        target[0] = 0x3A
        target[1] = 0x20
        target += 2
        if let source = value.baseAddress {
            target.update(from: source, count: value.count)
            target += value.count
        }
        target[0] = ByteScan.carriageReturn
        target[1] = ByteScan.lineFeed
        commit(length)
    }

    @inline(__always)
    private static func bytes(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// The size line of a chunk; `count` bytes of content and `appendChunkTail` follow.
    ///
    /// - Parameter count: positive; a chunk of size zero would end the body.
    package mutating func appendChunkHead(_ count: Int) {
        precondition(count > 0, "a chunk must not be empty")
        append(hexadecimal: UInt64(count))
        append("\r\n")
    }

    /// What follows the content of a chunk.
    package mutating func appendChunkTail() {
        append("\r\n")
    }

    /// What stands before the trailer fields of a chunked body; `appendTrailerEnd` follows them.
    package mutating func appendTrailerStart() {
        append("0\r\n")
    }

    /// The end of a chunked body with trailers.
    package mutating func appendTrailerEnd() {
        append("\r\n")
    }

    /// The end of a chunked body, without trailers.
    package mutating func appendLastChunk() {
        append("0\r\n\r\n")
    }
}
