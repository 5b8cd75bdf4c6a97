/// A range of bytes, by its offset from the first byte of the buffer that contains it.
///
/// A head stores ranges instead of pointers, because a range stays valid when the buffer grows. A range costs eight
/// bytes. `Int32` suffices because `HTTPLimits` keeps every head below 2 GiB.
package struct ByteRange: Equatable, Sendable {
    /// Offset of the first byte.
    package var start: Int32
    /// Number of bytes.
    package var count: Int32

    package init(start: Int32 = 0, count: Int32 = 0) {
        self.start = start
        self.count = count
    }

    /// The range `start..<end` of offsets inside one head. `HTTPLimits` keeps both offsets within `Int32`.
    @inline(__always)
    init(from start: Int, to end: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.count = Int32(truncatingIfNeeded: end &- start)
    }

    /// True when the part is absent or empty.
    package var isEmpty: Bool { count <= 0 }

    /// Offset of the byte after the last one.
    package var end: Int32 { start &+ count }

    /// The bytes of the range in `bytes`. A range that exceeds `bytes` is clamped; the result may be empty.
    ///
    /// - Parameter bytes: a buffer that starts with the same byte as the parsed buffer.
    package func `in`(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let low = min(max(Int(start), 0), bytes.count)
        let high = min(max(low &+ Int(count), low), bytes.count)
        return UnsafeBufferPointer(rebasing: bytes[low..<high])
    }

    /// The bytes of the range as text, with ill-formed UTF-8 repaired. The function allocates memory: use it for logs
    /// and tests.
    package func string(in bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(decoding: `in`(bytes), as: UTF8.self)
    }
}
