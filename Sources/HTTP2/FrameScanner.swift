/// Finds the frame headers in a client's bytes before nghttp2 gets the bytes (RFC 9113 4.1).
///
/// A header is returned when it is complete, however reads split the bytes. The scanner stores no payload, except two
/// fields that count as a part of the header here: the stream on which a PRIORITY frame depends, and the length of the
/// padding of DATA.
struct FrameScanner {
    struct Head: Equatable {
        let length: Int
        let type: UInt8
        let flags: UInt8
        /// Without the reserved bit.
        let stream: Int32
        /// The dependency in a PRIORITY frame of the right length; otherwise 0.
        var dependency: Int32 = 0
        /// The bytes of padding in DATA, with their length field.
        var padding = 0
    }

    /// The size of a frame header in bytes.
    static let headSize = 9
    private static let dependencySize = 4
    private static let padLengthSize = 1

    /// The remaining bytes of the preface (RFC 9113 3.4) or of a payload.
    private var left = 24
    /// The received bytes of the current header, and their number.
    private var collected: UInt128 = 0
    private(set) var count = 0
    private var wanted = FrameScanner.headSize

    /// The payload of the latest frame is incomplete.
    var isInPayload: Bool { left > 0 }

    /// Returns the next header that ends behind `offset`, and moves `offset` behind it. Returns nil at the end of the
    /// bytes.
    mutating func next(_ bytes: UnsafeBufferPointer<UInt8>, from offset: inout Int) -> Head? {
        let step = min(left, bytes.count - offset)
        left -= step
        offset += step
        while offset < bytes.count {
            collected = collected << 8 | UInt128(bytes[offset])
            offset += 1
            count += 1
            if count == wanted, let head = wholeHead() { return head }
        }
        return nil
    }

    /// Nil if more bytes of a PRIORITY frame or of padded DATA are needed.
    private mutating func wholeHead() -> Head? {
        let tail = count - FrameScanner.headSize
        let bits = collected >> UInt128(8 * tail)
        var head = Head(
            length: Int(truncatingIfNeeded: bits >> 48) & 0xFF_FFFF, type: UInt8(truncatingIfNeeded: bits >> 40),
            flags: UInt8(truncatingIfNeeded: bits >> 32), stream: FrameScanner.stream(bits))
        if head.type == FrameType.priority && head.length == FrameScanner.priorityLength {
            guard tail > 0 else {
                wanted += FrameScanner.dependencySize
                return nil
            }
            head.dependency = FrameScanner.stream(collected)
        } else if head.type == FrameType.data && head.flags & FrameFlag.padded != 0 && head.length > 0 {
            guard tail > 0 else {
                wanted += FrameScanner.padLengthSize
                return nil
            }
            head.padding = FrameScanner.padLengthSize + Int(truncatingIfNeeded: collected & 0xFF)
        }
        left = head.length - tail
        collected = 0
        count = 0
        wanted = FrameScanner.headSize
        return head
    }

    private static let priorityLength = 5

    private static func stream(_ bits: UInt128) -> Int32 { Int32(truncatingIfNeeded: bits & 0x7FFF_FFFF) }
}
