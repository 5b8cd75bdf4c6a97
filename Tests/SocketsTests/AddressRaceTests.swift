import Testing

@testable import Sockets

/// The choice among the addresses of a name, as a conversation.
@Suite struct AddressRaceTests {
    /// A race under test. A reference, so that an expectation can feed it.
    private final class Race {
        private var race: AddressRace

        init(_ addresses: [SocketAddress]) { race = AddressRace(addresses) }

        var nextDeadline: UInt64? { race.nextDeadline }

        func feed(_ event: AddressRace.Event, now: UInt64) -> [AddressRace.Effect] { race.feed(event, now: now) }
    }

    private static let six = address("2001:db8::6")
    private static let otherSix = address("2001:db8::7")
    private static let four = address("192.0.2.4")
    private static let otherFour = address("192.0.2.5")
    private static let refused = SystemError("connect", code: 111)
    private static let unreachable = SystemError("connect", code: 101)
    private let delay = AddressRace.delayNanoseconds

    private static func address(_ host: String) -> SocketAddress {
        guard let address = SocketAddress(host: host, port: 80) else { preconditionFailure("a literal") }
        return address
    }

    @Test func `One address is tried once`() {
        let race = Race([Self.four])
        #expect(race.feed(.begin, now: 0) == [.connect(Self.four, attempt: 0)])
        #expect(race.nextDeadline == nil)
        #expect(race.feed(.failed(attempt: 0, Self.refused), now: 1) == [.lost(Self.refused)])
        #expect(race.feed(.tick, now: .max) == [])
    }

    @Test func `A refusal begins the next attempt at once`() {
        let race = Race([Self.six, Self.four])
        #expect(race.feed(.begin, now: 0) == [.connect(Self.six, attempt: 0)])
        #expect(race.feed(.failed(attempt: 0, Self.refused), now: 5) == [.connect(Self.four, attempt: 1)])
        #expect(race.nextDeadline == nil)
        #expect(race.feed(.connected(attempt: 1), now: 6) == [.won(attempt: 1)])
    }

    @Test func `Silence begins the next attempt after 250 ms, and the first that connects wins`() {
        let race = Race([Self.six, Self.four])
        _ = race.feed(.begin, now: 1000)
        #expect(race.nextDeadline == 1000 + delay)
        #expect(race.feed(.tick, now: 999 + delay) == [])
        #expect(race.feed(.tick, now: 1000 + delay) == [.connect(Self.four, attempt: 1)])
        // The slow one comes first after all.
        #expect(race.feed(.connected(attempt: 0), now: 2 * delay) == [.close(attempt: 1), .won(attempt: 0)])
        #expect(race.feed(.connected(attempt: 1), now: 2 * delay) == [])
        #expect(race.feed(.failed(attempt: 1, Self.refused), now: 2 * delay) == [])
    }

    @Test func `The race is lost with the last open attempt, and its error is reported`() {
        let race = Race([Self.six, Self.four])
        _ = race.feed(.begin, now: 0)
        _ = race.feed(.tick, now: delay)
        #expect(race.feed(.failed(attempt: 1, Self.refused), now: delay + 1) == [])
        #expect(race.feed(.failed(attempt: 1, Self.refused), now: delay + 1) == [], "reported twice")
        #expect(race.feed(.failed(attempt: 0, Self.unreachable), now: delay + 2) == [.lost(Self.unreachable)])
    }

    @Test func `The families take turns, and repetitions are left out`() {
        let race = Race([Self.six, Self.otherSix, Self.six, Self.four, Self.otherFour])
        var tried: [SocketAddress] = []
        var effects = race.feed(.begin, now: 0)
        while case .connect(let address, let attempt)? = effects.first {
            tried.append(address)
            effects = race.feed(.failed(attempt: attempt, Self.refused), now: 1)
        }
        #expect(tried == [Self.six, Self.four, Self.otherSix, Self.otherFour])
        #expect(effects == [.lost(Self.refused)])
    }

    @Test func `The resolver's order decides which family begins`() {
        let race = Race([Self.four, Self.six])
        #expect(race.feed(.begin, now: 0) == [.connect(Self.four, attempt: 0)])
    }

    @Test func `Addresses are bounded, and no address is an error`() {
        let many = (0..<100).map { Self.address("192.0.2.\($0)") }
        let race = Race(many)
        var count = 0
        var effects = race.feed(.begin, now: 0)
        while case .connect(_, let attempt)? = effects.first {
            count += 1
            effects = race.feed(.failed(attempt: attempt, Self.refused), now: 1)
        }
        #expect(count == AddressRace.maximumAddresses)
        let empty = Race([])
        let result = empty.feed(.begin, now: 0)
        #expect(result.count == 1)
    }
}
