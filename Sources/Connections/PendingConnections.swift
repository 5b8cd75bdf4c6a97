/// The pending connections of one server, and the choice of the one to close at the limit.
///
/// A stranger gets such a connection for three packets, and keeps it in silence until the handshake timeout. So they
/// are few, and a new one always gets in:
/// - **Unanswered**: no handshake message of the peer has been answered. At the limit the oldest *silent* one closes.
///   One that *asks* has sent its first flight and waits for the server. It is not silent, and its close would help no
///   peer. When all of them ask, the server stops accepting until some are answered (`hasRoom`), so that it does no
///   work for peers that would have to close.
/// - **Grace**: an honest peer sends its first flight right after the connect. No connection closes before it has had
///   that time, however fast others arrive. New ones wait as long in the kernel's queue.
/// - **Answered**: the peer has the server's flight and has to send the rest. At the limit the oldest closes.
/// - **Sources**: if one source has a quarter of the connections or more, its own oldest closes for its new ones. So a
///   flood from one address closes no connection of another.
///
/// So an honest peer gets through, whatever silent ones do. Peers that ask compete for the time of the loop, which
/// `HandshakeScheduler` divides.
///
/// This type knows no sockets and no clock. Connections enter and leave, and it names the one to close. Times are
/// monotonic nanoseconds.
struct PendingConnections<PendingConnection, Source: Hashable> {
    /// The position of a connection.
    struct Place {
        fileprivate(set) var isAnswered = false
        fileprivate var index: Int
    }

    /// The time that a new connection may be silent in any case: many times the time that a client needs for a
    /// ClientHello.
    static var graceMilliseconds: Int { 20 }

    let limits: PendingConnectionLimits
    private var unanswered: PendingList<PendingConnection, Source>
    private var answered: PendingList<PendingConnection, Source>

    init(limits: PendingConnectionLimits) {
        self.limits = limits
        unanswered = PendingList(limit: limits.unanswered)
        answered = PendingList(limit: limits.answered)
    }

    /// Returns whether a new connection gets in. A silent one may have to close for it.
    func hasRoom(now: UInt64) -> Bool {
        !unanswered.isFull || longestSilent(now: now) != nil
    }

    var count: Int { unanswered.count + answered.count }

    /// See `PendingList.moves`.
    var moves: Int { unanswered.moves + answered.moves }

    /// Adds an accepted connection.
    ///
    /// - Returns: its position, and the connection to close for it. That one still has to `leave`.
    mutating func enter(
        _ arrival: PendingConnection, from source: Source?, now: UInt64
    ) -> (place: Place, victim: PendingConnection?) {
        let victim =
            unanswered.isFull
            ? unanswered.oldestSilent(for: source, before: PendingConnections.graceBegan(now)) : nil
        return (Place(index: unanswered.append(arrival, from: source, since: now)), victim)
    }

    /// The peer has sent a message that waits for an answer; or, with false, it has to send more before its answer.
    mutating func asks(_ place: Place, _ isAsking: Bool) {
        if !place.isAnswered { unanswered.setSilent(!isAsking, place.index) }
    }

    /// The server's answer has left.
    ///
    /// - Returns: the connection to close for this one. It still has to `leave`.
    mutating func wasAnswered(_ place: inout Place, _ arrival: PendingConnection, from source: Source?)
        -> PendingConnection?
    {
        guard !place.isAnswered else { return nil }
        leave(place)
        let victim = answered.isFull ? answered.oldestSilent(for: source, before: .max) : nil
        place = Place(isAnswered: true, index: answered.append(arrival, from: source, since: 0))
        return victim
    }

    /// The connection is no longer pending: its handshake is complete, or it has closed.
    mutating func leave(_ place: Place) {
        if place.isAnswered {
            answered.remove(place.index)
        } else {
            unanswered.remove(place.index)
        }
    }

    /// The connection that has been silent longest. It closes if another purpose needs room.
    func longestSilent(now: UInt64) -> PendingConnection? {
        unanswered.oldestSilent(for: nil, before: PendingConnections.graceBegan(now))
    }

    /// Connections from before this time have had their grace.
    private static func graceBegan(_ now: UInt64) -> UInt64 {
        let grace = UInt64(graceMilliseconds) * 1_000_000
        return now > grace ? now - grace : 0
    }
}
