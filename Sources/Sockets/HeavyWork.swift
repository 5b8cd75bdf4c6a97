/// Sources that wait to do a piece of heavy work on one loop.
///
/// A piece takes as long as dozens of requests: the asymmetric cryptography of a handshake. In a turn pieces get as much time as everything
/// before them took, or a little. So a crowd of newcomers makes whoever is in wait twice as long at most, or those 2 ms; and who waits
/// here gets half of the time at least.
struct HeavyWork {
    /// A handful of handshakes: with fewer in a turn each would cost more.
    static let leastNanoseconds: UInt64 = 2_000_000

    /// Of a source that waits. One that gives up is let go of at once, with all that it has; its place stays.
    final class Place {
        fileprivate(set) var source: EventSource?

        fileprivate init(_ source: EventSource) { self.source = source }
    }

    /// Our own connections come before those of newcomers, since somebody who is in waits for each and there are only so many; but
    /// newcomers are not forgotten.
    private var own = FIFO<Place>()
    private var newcomers = FIFO<Place>()
    private var ownInRow = 0

    /// Pieces for our own connections to one for a newcomer.
    static let mostOwnInRow = 15

    var isEmpty: Bool { own.isEmpty && newcomers.isEmpty }

    /// The source must not wait already.
    mutating func add(_ source: EventSource, isNewcomer: Bool) {
        let place = Place(source)
        source.heavyPlace = place
        if isNewcomer { newcomers.append(place) } else { own.append(place) }
    }

    /// The source waits no more.
    static func forget(_ source: EventSource) {
        source.heavyPlace?.source = nil
        source.heavyPlace = nil
    }

    /// Who is next.
    mutating func next() -> EventSource? {
        if ownInRow < HeavyWork.mostOwnInRow || newcomers.isEmpty, let source = HeavyWork.next(of: &own) {
            ownInRow += 1
            return source
        }
        ownInRow = 0
        return HeavyWork.next(of: &newcomers) ?? HeavyWork.next(of: &own)
    }

    private static func next(of line: inout FIFO<Place>) -> EventSource? {
        while let place = line.popFirst() {
            guard let source = place.source else { continue }
            forget(source)
            return source
        }
        return nil
    }

    /// Calls `body` with those of each kind who wait, from the last that came on, until it returns false.
    func fromTheLast(_ body: (EventSource) -> Bool) {
        for line in [own, newcomers] { line.fromTheLast { $0.source.map(body) ?? true } }
    }
}
