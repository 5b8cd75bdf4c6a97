internal import HTTP

/// Writes frames that nghttp2 does not write (RFC 9113 4.1).
extension ByteBuffer {
    mutating func appendGoAway(lastStream: UInt32, code: HTTP2ErrorCode) {
        let header: [UInt8] = [0, 0, 8, 7, 0, 0, 0, 0, 0]
        header.withUnsafeBufferPointer { append($0) }
        append(bigEndian: lastStream)
        append(bigEndian: code.rawValue)
    }

    private mutating func append(bigEndian number: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { append(byte: UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
