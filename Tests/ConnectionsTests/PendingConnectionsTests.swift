import Testing

@testable import Connections

/// Connections with incomplete handshakes.
@Suite struct PendingConnectionsTests {
    private typealias Places = PendingConnections<Int, SourceKey>

    private static let home = SourceKey(host: "127.0.0.1")
    /// The grace of connections from time 0 is over when the others arrive.
    private static let late = UInt64(PendingConnections<Int, SourceKey>.graceMilliseconds) * 1_000_000
    private static let away = SourceKey(host: "192.0.2.7")

    private static func places(unanswered: Int = 8, answered: Int = 4) -> Places {
        Places(limits: PendingConnectionLimits(unanswered: unanswered, answered: answered))
    }

    @Test func theOldestSilentConnectionCloses() {
        var places = PendingConnectionsTests.places()
        var all = (0..<8).map { places.enter($0, from: PendingConnectionsTests.home, now: 0) }
        #expect(all.allSatisfy { $0.victim == nil })
        for number in 8..<30 {
            let newcomer = places.enter(number, from: PendingConnectionsTests.home, now: 0)
            #expect(newcomer.victim == number - 8)
            places.leave(all[number - 8].place)
            all.append(newcomer)
            #expect(places.count == 8 && places.hasRoom(now: PendingConnectionsTests.late))
        }
    }

    /// However fast others arrive, a client needs a moment for its ClientHello.
    @Test func aNewConnectionHasTimeForItsHello() {
        var places = PendingConnectionsTests.places()
        let grace = PendingConnectionsTests.late
        let all = (0..<8).map { places.enter($0, from: nil, now: grace + UInt64($0)).place }
        #expect(!places.hasRoom(now: 2 * grace - 1))
        #expect(places.longestSilent(now: 2 * grace - 1) == nil)
        #expect(places.hasRoom(now: 2 * grace))
        #expect(places.enter(8, from: nil, now: 2 * grace).victim == 0)
        places.leave(all[0])
        // The oldest silent connection decides, whatever the earlier ones do.
        places.asks(all[1], true)
        #expect(!places.hasRoom(now: 2 * grace + 1))
        #expect(places.longestSilent(now: 2 * grace + 2) == 2)
    }

    /// Silent strangers do not replace a peer that has sent a message.
    @Test func aConnectionThatWaitsForTheServerStays() {
        var places = PendingConnectionsTests.places()
        let asking = places.enter(-1, from: PendingConnectionsTests.home, now: 0).place
        places.asks(asking, true)
        var silent = (0..<7).map { places.enter($0, from: PendingConnectionsTests.home, now: 0).place }
        for number in 7..<1000 {
            let newcomer = places.enter(number, from: PendingConnectionsTests.home, now: 0)
            #expect(newcomer.victim == number - 7)
            places.leave(silent.removeFirst())
            silent.append(newcomer.place)
        }
        places.asks(asking, false)
        #expect(places.longestSilent(now: PendingConnectionsTests.late) == -1, "its age has not changed")
    }

    /// They wait for the server. It would be useless to close one of them and to admit another.
    @Test func whenAllWaitForTheServerThereIsNoRoom() {
        var places = PendingConnectionsTests.places()
        var all = (0..<8).map { places.enter($0, from: nil, now: 0).place }
        for place in all {
            #expect(places.hasRoom(now: PendingConnectionsTests.late))
            places.asks(place, true)
            // A repeated call has no effect.
            places.asks(place, true)
        }
        #expect(!places.hasRoom(now: PendingConnectionsTests.late))
        #expect(places.wasAnswered(&all[3], 3, from: nil) == nil)
        #expect(places.hasRoom(now: PendingConnectionsTests.late))
        #expect(places.enter(8, from: nil, now: 0).victim == nil)
    }

    @Test func theOldestAnsweredConnectionCloses() {
        var places = PendingConnectionsTests.places()
        var answered: [Places.Place] = []
        for number in 0..<20 {
            var place = places.enter(number, from: PendingConnectionsTests.home, now: 0).place
            places.asks(place, true)
            let victim = places.wasAnswered(&place, number, from: PendingConnectionsTests.home)
            answered.append(place)
            #expect(victim == (number < 4 ? nil : number - 4))
            if let victim { places.leave(answered[victim]) }
            #expect(places.count <= 4 && place.isAnswered)
            // A repeated call does not move it.
            #expect(places.wasAnswered(&place, number, from: PendingConnectionsTests.home) == nil)
        }
    }

    /// A crowd from one address replaces no other source, and one from many addresses replaces the oldest.
    @Test func aSourceLosesItsOwnConnections() {
        var places = PendingConnectionsTests.places()
        let stranger = places.enter(100, from: PendingConnectionsTests.away, now: 0).place
        var crowd = (0..<7).map { places.enter($0, from: PendingConnectionsTests.home, now: 0).place }
        for number in 7..<100 {
            let newcomer = places.enter(number, from: PendingConnectionsTests.home, now: 0)
            #expect(newcomer.victim == number - 7)
            places.leave(crowd.removeFirst())
            crowd.append(newcomer.place)
        }
        // Another address has no share yet: the oldest of all closes for it.
        #expect(places.enter(101, from: SourceKey(host: "2001:db8::1"), now: 0).victim == 100)
        places.leave(stranger)
    }

    /// Counts the comparisons of sources.
    private final class Tally {
        var count = 0
    }

    private struct Origin: Hashable {
        let number: Int
        let tally: Tally

        static func == (first: Origin, second: Origin) -> Bool {
            first.tally.count += 1
            return first.number == second.number
        }

        func hash(into hasher: inout Hasher) {
            tally.count += 1
            hasher.combine(number)
        }
    }

    /// The code that makes floods cheap must not walk a list of thousands for each connection.
    @Test(arguments: [0, 6_000]) func aFloodFromManySourcesCostsFewStepsForEachConnection(asking: Int) {
        let limit = 12_288
        let tally = Tally()
        var places = PendingConnections<Int, Origin>(
            limits: PendingConnectionLimits(unanswered: limit, answered: limit))
        var all = (0..<limit).map { places.enter($0, from: Origin(number: $0, tally: tally), now: 0).place }
        for place in all[..<asking] { places.asks(place, true) }
        let movesBefore = places.moves
        tally.count = 0
        let floods = 5_000
        for number in 0..<floods {
            #expect(places.hasRoom(now: PendingConnectionsTests.late))
            let newcomer = places.enter(
                limit + number, from: Origin(number: limit + number, tally: tally), now: PendingConnectionsTests.late)
            #expect(newcomer.victim == asking + number)
            places.leave(all[asking + number])
            all.append(newcomer.place)
            // The oldest one of all sends its message in pieces.
            places.asks(all[0], false)
            places.asks(all[0], asking > 0)
        }
        // The logarithm of the limit is 14, and a connection comes, leaves and changes its state.
        #expect(places.moves - movesBefore < floods * 4 * 2 * 15)
        // Each look-up hashes a source, and compares it with few others.
        #expect(tally.count < floods * 200)
    }

    @Test(arguments: [(16, 1, 12, 4), (16, 4, 3, 1), (1000, 2, 375, 125), (1, 8, 3, 1)])
    func loopsShareTheLimits(places: Int, loops: Int, unanswered: Int, answered: Int) {
        #expect(
            PendingConnectionLimits(places: places, loops: loops)
                == PendingConnectionLimits(unanswered: unanswered, answered: answered))
    }
}
