/// A load-balancing policy that does not choose by load alone.
///
/// The policy names a preferred worker. Without a preferred worker, the table chooses the least loaded worker. The
/// policy stores its state by slot index, and its cost does not grow with the number of workers.
protocol LoadBalancingPolicy: Sendable {
    /// Adds a worker.
    ///
    /// - Parameter name: identifies the worker in this balancer and in its successor.
    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass)
    mutating func left(_ index: Int32, name: UInt64)

    /// Records that the worker accepts requests. Never called twice in a row for one worker.
    mutating func opened(_ index: Int32, _ capacityClass: CapacityClass)
    /// Records that the worker accepts no requests: it is full, out of the rotation, or removed. Never called twice in
    /// a row for one worker.
    mutating func closed(_ index: Int32, _ capacityClass: CapacityClass)

    /// An open worker outside `tried`; nil to choose the least loaded worker.
    ///
    /// - Parameter affinity: the request's value that identifies its earlier worker.
    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ loads: inout LoadTable) -> Int32?

    /// The worker with this affinity as its name, open or not.
    func holder(of affinity: UInt64) -> Int32?
}

extension LoadBalancingPolicy {
    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass) {}
    mutating func left(_ index: Int32, name: UInt64) {}
    mutating func opened(_ index: Int32, _ capacityClass: CapacityClass) {}
    mutating func closed(_ index: Int32, _ capacityClass: CapacityClass) {}
    func holder(of affinity: UInt64) -> Int32? { nil }
}
