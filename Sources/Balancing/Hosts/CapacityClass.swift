internal import Cluster

/// A group of workers with about the same capacity. A selection examines each class once, however many workers there
/// are.
///
/// Each capacity up to 15 has its own class. Above 15, each doubling has eight classes, which rounds a capacity down by
/// less than an eighth. So there are at most 63 classes, and one word has a bit for each. A typical cluster uses one or
/// two.
package struct CapacityClass: Hashable, Sendable {
    /// 1 to 63.
    package let number: UInt8

    static let one = CapacityClass(of: 1)
    static let count = 64

    /// - Parameter capacity: 1 to `WorkerOffer.maximumCapacity`. A value outside this range is clamped.
    package init(of capacity: Int) {
        let capacity = min(max(capacity, 1), WorkerOffer.maximumCapacity)
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

    /// The capacity with which selection counts every member of the class.
    package var capacity: UInt32 {
        if number < 16 { return UInt32(number) }
        let step = UInt32(number) - 16
        return (8 + step & 7) << (1 + step >> 3)
    }
}
