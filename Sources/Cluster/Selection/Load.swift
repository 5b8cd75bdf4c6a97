/// How loaded a worker is: its outstanding requests in relation to its capacity. Compared without a division.
struct Load: Comparable {
    let outstanding: UInt32
    let capacity: UInt32

    static func < (left: Load, right: Load) -> Bool {
        UInt64(left.outstanding) * UInt64(right.capacity) < UInt64(right.outstanding) * UInt64(left.capacity)
    }

    static func == (left: Load, right: Load) -> Bool {
        UInt64(left.outstanding) * UInt64(right.capacity) == UInt64(right.outstanding) * UInt64(left.capacity)
    }

    /// With the request in question on it, and `share` 256ths of its capacity.
    func isLessWithOneMore(share: UInt32, than other: Load) -> Bool {
        UInt64(outstanding + 1) * 256 * UInt64(other.capacity)
            < UInt64(other.outstanding + 1) * UInt64(share) * UInt64(capacity)
    }
}
