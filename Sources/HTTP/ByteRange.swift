/// A stretch of bytes, by offset from the first byte of the buffer that it was found in.
///
/// Ranges instead of pointers: a head outlives the buffer's growth, and costs eight bytes per part. `Int32` suffices
/// because `HTTPLimits` keeps every head below 2 GiB.
package struct ByteRange: Equatable, Sendable {
    /// Offset of the first byte.
    package var start: Int32
    /// Number of bytes.
    package var count: Int32

    package init(start: Int32 = 0, count: Int32 = 0) {
        self.start = start
        self.count = count
    }

    /// The range `start..<end` of offsets inside one head, which `HTTPLimits` keeps within `Int32`.
    @inline(__always)
    init(from start: Int, to end: Int) {
        self.start = Int32(truncatingIfNeeded: start)
        self.count = Int32(truncatingIfNeeded: end &- start)
    }

    /// True when the part is absent or empty.
    package var isEmpty: Bool { count <= 0 }

    /// Offset behind the last byte.
    package var end: Int32 { start &+ count }

    /// The bytes of the range inside `bytes`, clamped: a range that doesn't fit gives what there is, perhaps nothing.
    ///
    /// - Parameter bytes: the buffer that was parsed, starting with the same byte.
    package func `in`(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        let low = min(max(Int(start), 0), bytes.count)
        let high = min(max(low &+ Int(count), low), bytes.count)
        return UnsafeBufferPointer(rebasing: bytes[low..<high])
    }

    /// The bytes of the range as text, ill-formed UTF-8 repaired. Allocates: for logs and tests.
    package func string(in bytes: UnsafeBufferPointer<UInt8>) -> String {
        String(decoding: `in`(bytes), as: UTF8.self)
    }
}
