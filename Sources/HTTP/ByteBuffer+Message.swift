/// Appends messages (RFC 9112). Every start line and every field line is composed of parts; no line is copied whole.
///
/// Bytes from the parsers contain no control bytes except HTAB, so these functions append such bytes unchanged. A
/// `String` may come from anywhere, so its control bytes become spaces. Therefore no value can start a line of its own.
extension ByteBuffer {
    /// Appends a status line: `HTTP/1.1 200 OK` CRLF.
    ///
    /// - Parameter status: 100 to 999.
    package mutating func appendStatusLine(_ status: UInt16) {
        append("HTTP/1.1 ")
        append(UInt64(status), digits: 3, base: 10)
        append(byte: 0x20)
        append(StatusReason.phrase(status))
        append("\r\n")
    }

    /// Appends the request target in origin-form, or `*` for an OPTIONS request for the whole server (RFC 9112 3.2.1,
    /// 3.2.4).
    ///
    /// - Parameters:
    ///   - head: a parsed request.
    ///   - bytes: the bytes that contain the head.
    package mutating func appendTarget(of head: RequestHead, in bytes: UnsafeBufferPointer<UInt8>) {
        let path = head.path.in(bytes)
        if path.isEmpty {
            append(byte: head.method == .options ? 0x2A : 0x2F)
            return
        }
        // In an absolute-form target, the query may follow the authority directly.
        if path[0] != 0x2F { append(byte: 0x2F) }
        append(path)
    }

    package mutating func appendField(_ name: StaticString, _ value: StaticString) {
        appendFieldBytes(name: Self.bytes(name), value: Self.bytes(value))
    }

    /// - Parameter value: contains no control byte except HTAB, as in the values that the parsers return.
    package mutating func appendField(name: StaticString, value: UnsafeBufferPointer<UInt8>) {
        appendFieldBytes(name: Self.bytes(name), value: value)
    }

    /// - Parameter value: any text; control bytes become spaces.
    package mutating func appendField(name: StaticString, value: String) {
        var value = value
        value.withUTF8 { bytes in
            appendField(name: Self.bytes(name), length: bytes.count) { target in
                for index in 0..<bytes.count {
                    let byte = bytes[index]
                    target[index] = byte < 0x20 || byte == 0x7F ? 0x20 : byte
                }
            }
        }
    }

    package mutating func appendField(name: StaticString, decimal number: UInt64) {
        let digits = Self.digits(of: number, base: 10)
        appendField(name: Self.bytes(name), length: digits) { Self.write(number, digits: digits, base: 10, to: $0) }
    }

    /// Appends a field from the parsers: its name is a token, and its value contains no control byte except HTAB.
    package mutating func appendFieldBytes(name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>) {
        appendField(name: name, length: value.count) { target in
            if let source = value.baseAddress { target.update(from: source, count: value.count) }
        }
    }

    /// Appends a field with one check of the capacity instead of four: these functions write most of a head.
    ///
    /// - Parameter write: writes the `length` bytes of the value.
    @inline(__always)
    private mutating func appendField(
        name: UnsafeBufferPointer<UInt8>, length: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Void
    ) {
        let total = name.count &+ length &+ 4
        guard var target = reserve(total).baseAddress else { return }
        if let source = name.baseAddress {
            target.update(from: source, count: name.count)
            target += name.count
        }
        target[0] = 0x3A
        target[1] = 0x20
        write(target + 2)
        target += 2 &+ length
        target[0] = ByteScan.carriageReturn
        target[1] = ByteScan.lineFeed
        commit(total)
    }

    @inline(__always)
    private static func bytes(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    /// Appends the size line of a chunk. The caller then appends `count` bytes of content and calls `appendChunkTail`.
    ///
    /// - Parameter count: positive; a chunk of size zero would end the body.
    package mutating func appendChunkHead(_ count: Int) {
        precondition(count > 0, "a chunk must not be empty")
        append(hexadecimal: UInt64(count))
        append("\r\n")
    }

    /// Appends the CRLF after the content of a chunk.
    package mutating func appendChunkTail() {
        append("\r\n")
    }

    /// Appends the last chunk, which comes before the trailer fields. The caller ends the section with
    /// `appendTrailerEnd`.
    package mutating func appendTrailerStart() {
        append("0\r\n")
    }

    /// Appends the empty line that ends a chunked body with trailers.
    package mutating func appendTrailerEnd() {
        append("\r\n")
    }

    /// Appends the end of a chunked body without trailers.
    package mutating func appendLastChunk() {
        append("0\r\n\r\n")
    }
}
