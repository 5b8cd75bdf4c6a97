/// Sources that wait for heavy work on one loop.
///
/// One step of heavy work costs as much as dozens of requests: it is the asymmetric cryptography of a handshake. In
/// each turn heavy work gets as much time as the rest of the turn took, or a small minimum. So new handshakes at most
/// double the latency of established connections, or add 2 ms. Handshakes always get at least half of the loop.
package struct HandshakeScheduler {
    /// A handful of handshakes. With fewer in a turn each would cost more.
    static let leastNanoseconds: UInt64 = 2_000_000

    /// The entry of a waiting source. A source that closes is released at once, and its entry stays.
    final class Place {
        fileprivate(set) var source: EventSource?

        fileprivate init(_ source: EventSource) { self.source = source }
    }

    /// The beneficiary of heavy work.
    package enum Line {
        /// A connection that this process opens. Requests wait for it, and the number of such connections is limited.
        case own
        /// A peer whose first flight was answered. The rest of its handshake has priority over new handshakes.
        /// Otherwise the peer could time out, and the answer would be wasted.
        case begun
        /// A peer whose first flight was not answered yet.
        case newcomer
    }

    private var own = FIFO<Place>()
    private var begun = FIFO<Place>()
    private var newcomers = FIFO<Place>()
    private var ownInRow = 0
    private var begunInRow = 0

    /// The steps for this process's own connections for each step of another peer.
    static let mostOwnInRow = 15
    /// The steps that end a handshake for each step that begins one. So peers that never end their handshakes exclude
    /// no others.
    static let mostBegunInRow = 3

    var isEmpty: Bool { own.isEmpty && begun.isEmpty && newcomers.isEmpty }

    /// The source must not wait already.
    mutating func add(_ source: EventSource, to line: Line) {
        let place = Place(source)
        source.entry.heavyPlace = place
        switch line {
        case .own: own.append(place)
        case .begun: begun.append(place)
        case .newcomer: newcomers.append(place)
        }
    }

    /// Removes a source from the waiting ones.
    static func forget(_ source: EventSource) {
        source.entry.heavyPlace?.source = nil
        source.entry.heavyPlace = nil
    }

    /// Removes and returns the next source; nil if none waits.
    mutating func next() -> EventSource? {
        if ownInRow < HandshakeScheduler.mostOwnInRow, let source = HandshakeScheduler.next(of: &own) {
            ownInRow += 1
            return source
        }
        ownInRow = 0
        return nextStranger() ?? HandshakeScheduler.next(of: &own)
    }

    private mutating func nextStranger() -> EventSource? {
        if begunInRow < HandshakeScheduler.mostBegunInRow, let source = HandshakeScheduler.next(of: &begun) {
            begunInRow += 1
            return source
        }
        begunInRow = 0
        return HandshakeScheduler.next(of: &newcomers) ?? HandshakeScheduler.next(of: &begun)
    }

    private static func next(of line: inout FIFO<Place>) -> EventSource? {
        while let place = line.popFirst() {
            guard let source = place.source else { continue }
            forget(source)
            return source
        }
        return nil
    }

    /// Calls `body` with the waiting sources of each line, from the newest on, until it returns false.
    func fromTheLast(_ body: (EventSource) -> Bool) {
        for line in [own, begun, newcomers] { line.fromTheLast { $0.source.map(body) ?? true } }
    }
}
