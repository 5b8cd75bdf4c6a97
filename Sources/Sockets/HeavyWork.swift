/// Sources that wait to do a piece of heavy work on one loop, first come, first served.
///
/// A piece takes as long as dozens of requests: the asymmetric cryptography of a handshake. In a turn pieces get as much time as everything
/// before them took, or a little. So a crowd of newcomers makes whoever is in wait twice as long at most, and newcomers get half of the
/// time at least.
struct HeavyWork {
    /// A handful of handshakes: with fewer in a turn each would cost more.
    static let leastNanoseconds: UInt64 = 2_000_000

    private var queue: [EventSource] = []
    /// Those before have had their turn.
    private var head = 0

    var isEmpty: Bool { head == queue.count }

    /// The source must not wait already.
    mutating func add(_ source: EventSource) { queue.append(source) }

    /// Who is next. Sources that are not watched any more have given up.
    mutating func next() -> EventSource? {
        while head < queue.count {
            let source = queue[head]
            head += 1
            // What was taken is let go of now and then, so that each costs a constant time.
            if head == queue.count || head >= HeavyWork.keptBehind && 2 * head >= queue.count {
                queue.removeFirst(head)
                head = 0
            }
            source.isDueForHeavyWork = false
            if source.isWatched { return source }
        }
        return nil
    }

    /// Calls `body` with those who wait, from the last that came on, until it returns false.
    func fromTheLast(_ body: (EventSource) -> Bool) {
        for index in stride(from: queue.count - 1, through: head, by: -1) where !body(queue[index]) { return }
    }

    private static let keptBehind = 64
}
