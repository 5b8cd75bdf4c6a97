/// Workers of about the same capacity: selection looks once at each class, however many workers there are.
///
/// A class for each capacity up to 15, then eight for each doubling: a capacity above 15 is taken down by less than an
/// eighth. So there are at most 63 classes, which fit into the bits of one word; a cluster has one or two.
package struct CapacityClass: Hashable, Sendable {
    /// 1 to 63.
    package let number: UInt8

    static let one = CapacityClass(of: 1)
    static let count = 64

    /// - Parameter capacity: 1 to `WorkerRecord.maximumCapacity`; what is outside counts as the nearest.
    package init(of capacity: Int) {
        let capacity = min(max(capacity, 1), WorkerRecord.maximumCapacity)
        if capacity < 16 {
            number = UInt8(capacity)
        } else {
            let exponent = Int.bitWidth - 1 - capacity.leadingZeroBitCount
            number = UInt8(16 + (exponent - 4) * 8 + (capacity >> (exponent - 3)) & 7)
        }
    }

    init(number: Int) {
        self.number = UInt8(number)
    }

    /// What a member counts as.
    package var capacity: UInt32 {
        if number < 16 { return UInt32(number) }
        let step = UInt32(number) - 16
        return (8 + step & 7) << (1 + step >> 3)
    }
}
