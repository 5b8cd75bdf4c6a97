/// Consistent hashing with bounded load: a key goes to the same worker as long as that one has no more than its share.
///
/// Each worker stands at many points of a ring, which follow from its name alone: all balancers of a cluster, and each
/// successor, have the same ring. A key goes to the worker of the first point behind its own hash that may have it. Who
/// joins or leaves moves only the keys that are its own. A worker that has more than 5/4 of its share of the requests
/// under way is passed over, so that a popular key spills onto its neighbours instead of drowning one worker.
///
/// Points are found through an index over the high bits of the hash: the cost of a choice is a few points, however many
/// workers there are. The ring is built anew, by one merge, at the first choice after workers have come or gone.
struct HashRing: Chooser {
    /// Points of a worker for each unit of capacity. The spread between workers falls with its square root, and the
    /// bound on the load takes care of the rest.
    private static let pointsPerCapacity = 40
    private static let maximumPoints = 640
    /// Points that one choice looks at before it falls back to the least loaded worker.
    private static let patience = 64

    private struct Point: Sendable {
        let hash: UInt64
        let index: Int32

        static func precedes(_ left: Point, _ right: Point) -> Bool {
            left.hash != right.hash ? left.hash < right.hash : left.index < right.index
        }
    }

    private var points: [Point] = []
    /// Where the points begin whose hash has these high bits.
    private var starts: [Int32] = []
    private var shift: UInt64 = 63
    private var pending: [Point] = []
    /// Slots whose points have to go.
    private var gone: Set<Int32> = []

    mutating func joined(_ index: Int32, name: UInt64, _ capacityClass: CapacityClass) {
        // A slot that changes hands before the ring is built: the old points must not be taken for the new.
        if gone.contains(index) { settle() }
        let count = min(Int(capacityClass.capacity) * Self.pointsPerCapacity, Self.maximumPoints)
        var generator = SeededGenerator(seed: name)
        for _ in 0..<count { pending.append(Point(hash: generator.next(), index: index)) }
    }

    mutating func left(_ index: Int32, name: UInt64) {
        pending.removeAll { $0.index == index }
        gone.insert(index)
    }

    mutating func choose(_ affinity: UInt64?, excluding tried: TriedSlots, _ book: inout LoadBook) -> Int32? {
        guard let affinity else { return nil }
        if !pending.isEmpty || !gone.isEmpty { settle() }
        guard !points.isEmpty else { return nil }
        var position = Int(starts[Int(affinity >> shift)])
        while position < points.count, points[position].hash < affinity {
            position += 1
            book.steps += 1
        }
        for _ in 0..<min(Self.patience, points.count) {
            if position == points.count { position = 0 }
            book.steps += 1
            let index = points[position].index
            if book.isOpen(index, besides: tried), Self.hasRoom(index, book) { return index }
            position += 1
        }
        return nil
    }

    /// Whether a worker, with one more request, has at most 5/4 of its share of all, rounded up. In slow start its share is
    /// smaller.
    private static func hasRoom(_ index: Int32, _ book: LoadBook) -> Bool {
        let node = book.nodes[Int(index)]
        let part = UInt64(node.capacityClass.capacity) * (UInt64(node.share) + 1)
        let whole = UInt64(book.routableWeight) * 256
        let bound = (5 * UInt64(book.totalOutstanding + 1) * part + 4 * whole - 1) / (4 * whole)
        return UInt64(node.outstanding) < bound
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

    /// About one point for each entry of the index.
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
