/// The stream objects of one HTTP/2 connection, by slot. Each object serves one stream after the other.
struct HTTP2StreamSlots {
    /// The number of objects that an idle connection keeps.
    private static let kept = 4

    private(set) var all: [HTTP2Stream] = []
    private var free: [Int] = []
    /// The number of objects that serve a stream.
    private(set) var openCount = 0

    subscript(slot: Int) -> HTTP2Stream { all[slot] }

    /// An object for a new stream; nil if all are in use. Then the caller makes one for the slot `all.count`.
    mutating func reuse() -> HTTP2Stream? {
        guard let slot = free.popLast() else { return nil }
        openCount += 1
        return all[slot]
    }

    mutating func append(_ stream: HTTP2Stream) {
        openCount += 1
        all.append(stream)
    }

    mutating func giveBack(_ stream: HTTP2Stream) {
        openCount -= 1
        free.append(stream.slot)
    }

    /// Removes most objects, once none serves a stream.
    ///
    /// - Returns: the removed objects.
    mutating func trim() -> ArraySlice<HTTP2Stream> {
        guard openCount == 0, all.count > HTTP2StreamSlots.kept else { return [] }
        let removed = all[HTTP2StreamSlots.kept...]
        all.removeSubrange(HTTP2StreamSlots.kept...)
        free = Array(all.indices)
        return removed
    }
}
