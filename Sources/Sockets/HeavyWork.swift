/// Sources that wait to do a piece of heavy work on one loop.
///
/// A piece takes as long as dozens of requests: the asymmetric cryptography of a handshake. In a turn pieces get as much time as everything
/// before them took, or a little. So a crowd of newcomers makes whoever is in wait twice as long at most, and newcomers get half of the
/// time at least.
struct HeavyWork {
    /// A handful of handshakes: with fewer in a turn each would cost more.
    static let leastNanoseconds: UInt64 = 2_000_000

    /// Our own connections come before those of newcomers: somebody who is in waits for each, and there are only so many.
    private var own = FIFO<EventSource>()
    private var newcomers = FIFO<EventSource>()

    var isEmpty: Bool { own.isEmpty && newcomers.isEmpty }

    /// The source must not wait already.
    mutating func add(_ source: EventSource, isNewcomer: Bool) {
        if isNewcomer { newcomers.append(source) } else { own.append(source) }
    }

    /// Who is next. Sources that are not watched any more have given up.
    mutating func next() -> EventSource? {
        while let source = own.popFirst() ?? newcomers.popFirst() {
            source.isDueForHeavyWork = false
            if source.isWatched { return source }
        }
        return nil
    }

    /// Calls `body` with those of each kind who wait, from the last that came on, until it returns false.
    func fromTheLast(_ body: (EventSource) -> Bool) {
        own.fromTheLast(body)
        newcomers.fromTheLast(body)
    }
}
