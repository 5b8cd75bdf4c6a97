/// The name of a stream on its connection: a place in a table of fixed size, and how often the place was used before.
///
/// So both sides find a stream by an index, and frames that were still on their way when a stream ended can't be taken for
/// frames of the next one in its place.
package struct StreamID: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package init(place: Int, use: UInt32) {
        rawValue = use << 12 | UInt32(truncatingIfNeeded: place) & 0xFFF
    }

    /// 0 to 4095; a peer may send one that is beyond the table.
    package var place: Int { Int(rawValue & 0xFFF) }

    /// Wraps around after 2^20 uses.
    package var use: UInt32 { rawValue >> 12 }
}
