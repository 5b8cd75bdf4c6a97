package import HTTP

/// The eight bytes before a frame's payload: kind (1 byte), payload length (3), stream (4), in big-endian order.
package struct FrameHeader: Sendable, Equatable {
    package static let size = 8

    package var kind: FrameKind
    /// Bytes of payload, at most `MultiplexingLimits.payload`.
    package var length: Int
    package var stream: StreamID

    package init(kind: FrameKind, length: Int, stream: StreamID) {
        self.kind = kind
        self.length = length
        self.stream = stream
    }

    /// Reads a header; nil if the header is invalid.
    ///
    /// - Parameter bytes: at least `size` readable bytes.
    init?(_ bytes: UnsafePointer<UInt8>) {
        guard let kind = FrameKind(rawValue: bytes[0]) else { return nil }
        let length = Int(bytes[1]) << 16 | Int(bytes[2]) << 8 | Int(bytes[3])
        switch kind {
        case .open, .data: guard length <= MultiplexingLimits.payload else { return nil }
        case .end, .reset, .refuse: guard length == 0 else { return nil }
        case .credit: guard length == 4 else { return nil }
        }
        self.kind = kind
        self.length = length
        stream = StreamID(rawValue: FrameHeader.number(bytes + 4))
    }

    static func number(_ bytes: UnsafePointer<UInt8>) -> UInt32 {
        UInt32(bytes[0]) << 24 | UInt32(bytes[1]) << 16 | UInt32(bytes[2]) << 8 | UInt32(bytes[3])
    }
}

/// Writes frames.
extension ByteBuffer {
    /// Appends a header. The caller then appends `header.length` bytes of payload.
    package mutating func append(_ header: FrameHeader) {
        guard let target = reserve(FrameHeader.size).baseAddress else { return }
        target[0] = header.kind.rawValue
        target[1] = UInt8(truncatingIfNeeded: header.length >> 16)
        target[2] = UInt8(truncatingIfNeeded: header.length >> 8)
        target[3] = UInt8(truncatingIfNeeded: header.length)
        ByteBuffer.store(header.stream.rawValue, target + 4)
        commit(FrameHeader.size)
    }

    /// Appends a complete credit frame.
    package mutating func appendCredit(_ amount: Int, stream: StreamID) {
        append(FrameHeader(kind: .credit, length: 4, stream: stream))
        guard let target = reserve(4).baseAddress else { return }
        ByteBuffer.store(UInt32(clamping: amount), target)
        commit(4)
    }

    private static func store(_ number: UInt32, _ target: UnsafeMutablePointer<UInt8>) {
        target[0] = UInt8(truncatingIfNeeded: number >> 24)
        target[1] = UInt8(truncatingIfNeeded: number >> 16)
        target[2] = UInt8(truncatingIfNeeded: number >> 8)
        target[3] = UInt8(truncatingIfNeeded: number)
    }
}
