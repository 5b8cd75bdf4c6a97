/// A way to choose the worker of a request other than by load alone.
///
/// It names a favourite; where it has none, the table takes the least loaded worker. It holds what it needs for that by
/// slot index, and its cost does not grow with the number of workers.
protocol Chooser: Sendable {
    /// A worker has come.
    ///
    /// - Parameter name: tells it from all others, in this process and in its successor.
    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass)
    mutating func left(_ index: Int32, name: UInt64)

    /// From now on it would take another request. Not twice in a row.
    mutating func opened(_ index: Int32, _ capacityClass: CapacityClass)
    /// It takes no more for now: full, out of the rotation or gone. Not twice in a row.
    mutating func closed(_ index: Int32, _ capacityClass: CapacityClass)

    /// An open worker that is none of the tried; nil for the least loaded one.
    ///
    /// - Parameter affinity: what the request brings along to find its worker again.
    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ book: inout LoadBook) -> Int32?

    /// Whose name the affinity is, whether open or not.
    func holder(of affinity: UInt64) -> Int32?
}

extension Chooser {
    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass) {}
    mutating func left(_ index: Int32, name: UInt64) {}
    mutating func opened(_ index: Int32, _ capacityClass: CapacityClass) {}
    mutating func closed(_ index: Int32, _ capacityClass: CapacityClass) {}
    func holder(of affinity: UInt64) -> Int32? { nil }
}
