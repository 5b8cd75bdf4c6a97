/// The identifier of a stream on its connection: an index into a table of fixed size and the number of earlier uses.
///
/// Both sides find a stream by its index. The use number tells a late frame of an ended stream from a frame of the next
/// stream with the same index.
package struct StreamID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package init(place: Int, use: UInt32) {
        rawValue = use << 12 | UInt32(truncatingIfNeeded: place) & 0xFFF
    }

    /// 0 to 4095. A peer may send an index beyond the table.
    package var place: Int { Int(rawValue & 0xFFF) }

    /// The number of earlier uses of the index, modulo 2^20.
    package var use: UInt32 { rawValue >> 12 }
}
