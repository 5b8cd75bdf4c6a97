/// A worker's load: its outstanding requests relative to its capacity. The comparison needs no division.
struct Load: Comparable {
    let outstanding: UInt32
    let capacity: UInt32

    static func < (left: Load, right: Load) -> Bool {
        UInt64(left.outstanding) * UInt64(right.capacity) < UInt64(right.outstanding) * UInt64(left.capacity)
    }

    static func == (left: Load, right: Load) -> Bool {
        UInt64(left.outstanding) * UInt64(right.capacity) == UInt64(right.outstanding) * UInt64(left.capacity)
    }

    /// True if this load is less than `other`, with one more request on each. Of this worker's capacity, `share` 256ths
    /// count.
    func isLessWithOneMore(share: UInt32, than other: Load) -> Bool {
        UInt64(outstanding + 1) * 256 * UInt64(other.capacity)
            < UInt64(other.outstanding + 1) * UInt64(share) * UInt64(capacity)
    }
}
