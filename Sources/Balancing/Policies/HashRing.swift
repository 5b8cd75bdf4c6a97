internal import Cluster

/// Consistent hashing with bounded load. A key goes to the same worker as long as the worker's load is within its
/// bound.
///
/// Each worker has many points on a ring, and the points depend on its name and capacity alone. So all balancers of a
/// cluster, and each successor, have the same ring. A key goes to the worker of the first point after the key's hash
/// that is open and within its bound. A worker that joins or leaves moves only its own keys. The policy skips a worker
/// that would have more than 5/4 of its share of the outstanding requests. So a popular key spills over to the next
/// workers and does not overload one worker.
///
/// An index over the high bits of the hash finds the points. So a choice examines a few points, however many workers
/// there are. After workers join or leave, the next choice rebuilds the ring with one merge.
struct HashRing: LoadBalancingPolicy {
    /// Points per unit of capacity. The deviation between workers falls with the square root of the number of points.
    /// The load bound limits the rest.
    private static let pointsPerCapacity = 40
    private static let maximumPoints = 640
    /// Most points that one choice examines before it falls back to the least loaded worker.
    private static let patience = 64

    private struct Point: Sendable {
        let hash: UInt64
        let index: Int32

        static func precedes(_ left: Point, _ right: Point) -> Bool {
            left.hash != right.hash ? left.hash < right.hash : left.index < right.index
        }
    }

    private var points: [Point] = []
    /// For each value of the high bits of a hash, the position of its first point.
    private var starts: [Int32] = []
    private var shift: UInt64 = 63
    private var pending: [Point] = []
    /// Slots whose points must be removed.
    private var gone: Set<Int32> = []

    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass) {
        // A new worker may reuse a slot before the ring is rebuilt. The rebuild removes the old worker's points first.
        if gone.contains(index) { settle() }
        let count = min(Int(capacityClass.capacity) * Self.pointsPerCapacity, Self.maximumPoints)
        var generator = SeededGenerator(seed: name)
        for _ in 0..<count { pending.append(Point(hash: generator.next(), index: index)) }
    }

    mutating func left(_ index: Int32, name: UInt64) {
        pending.removeAll { $0.index == index }
        gone.insert(index)
    }

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ loads: inout LoadTable) -> Int32? {
        guard let affinity else { return nil }
        if !pending.isEmpty || !gone.isEmpty { settle() }
        guard !points.isEmpty else { return nil }
        var position = Int(starts[Int(affinity >> shift)])
        while position < points.count, points[position].hash < affinity {
            position += 1
            loads.steps += 1
        }
        for _ in 0..<min(Self.patience, points.count) {
            if position == points.count { position = 0 }
            loads.steps += 1
            let index = points[position].index
            if loads.isOpen(index, besides: tried), Self.hasRoom(index, loads) { return index }
            position += 1
        }
        return nil
    }

    /// True if the worker, with one more request, has at most 5/4 of its share of all requests, rounded up. A slow
    /// start reduces the share.
    private static func hasRoom(_ index: Int32, _ loads: LoadTable) -> Bool {
        let host = loads.hosts[Int(index)]
        let part = UInt64(host.capacityClass.capacity) * (UInt64(host.share) + 1)
        let whole = UInt64(loads.routableWeight) * 256
        let bound = (5 * UInt64(loads.totalOutstanding + 1) * part + 4 * whole - 1) / (4 * whole)
        return UInt64(host.outstanding) < bound
    }

    private mutating func settle() {
        pending.sort(by: Point.precedes)
        var merged: [Point] = []
        merged.reserveCapacity(points.count + pending.count)
        var next = 0
        for point in points where !gone.contains(point.index) {
            while next < pending.count, Point.precedes(pending[next], point) {
                merged.append(pending[next])
                next += 1
            }
            merged.append(point)
        }
        merged += pending[next...]
        points = merged
        pending = []
        gone = []
        buildIndex()
    }

    /// Builds an index with about one point per entry.
    private mutating func buildIndex() {
        let bits = max(1, Int.bitWidth - points.count.leadingZeroBitCount)
        shift = UInt64(64 - bits)
        starts = []
        starts.reserveCapacity(1 << bits)
        var position = 0
        for high in UInt64(0)..<(1 << UInt64(bits)) {
            while position < points.count, points[position].hash >> shift < high { position += 1 }
            starts.append(Int32(position))
        }
    }
}
