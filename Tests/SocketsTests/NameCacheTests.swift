import Testing

@testable import Sockets

/// A process's knowledge of a name, as a conversation with a resolver.
@Suite struct NameCacheTests {
    private static let first = address("192.0.2.1")
    private static let other = address("192.0.2.2")
    private static let unknown = NameFailure(text: "Name or service not known", isFinal: true)
    private static let silent = NameFailure(text: "Temporary failure in name resolution", isFinal: false)
    private let second: UInt64 = 1_000_000_000

    private static func address(_ host: String) -> SocketAddress {
        guard let address = SocketAddress(host: host, port: 80) else { preconditionFailure("a literal") }
        return address
    }

    private struct Asked: Equatable {
        let answer: NameCache.Answer
        let startsLookup: Bool

        init(_ answer: NameCache.Answer, _ startsLookup: Bool) {
            self.answer = answer
            self.startsLookup = startsLookup
        }
    }

    /// A cache under test. A reference, so that an expectation can ask it.
    private final class Cache {
        private var cache = NameCache()

        func ask(_ now: UInt64) -> Asked {
            var startsLookup = false
            let answer = cache.ask(now: now, startsLookup: &startsLookup)
            return Asked(answer, startsLookup)
        }

        func lookedUp(_ result: Result<[SocketAddress], NameFailure>, now: UInt64) -> NameCache.Answer {
            cache.lookedUp(result, now: now)
        }

        func unreachable() { cache.unreachable() }
    }

    /// A cache that found the first address at `second`.
    private func known() -> Cache {
        let cache = Cache()
        _ = cache.ask(second)
        _ = cache.lookedUp(.success([Self.first]), now: second)
        return cache
    }

    @Test func `The first users wait for one lookup`() {
        let cache = Cache()
        #expect(cache.ask(second) == Asked(.wait, true))
        #expect(cache.ask(5 * second) == Asked(.wait, false))
        #expect(cache.lookedUp(.success([Self.first]), now: 6 * second) == .addresses([Self.first]))
        #expect(cache.ask(6 * second) == Asked(.addresses([Self.first]), false))
    }

    @Test func `A name in use is looked up again after 10 s, and nobody waits`() {
        let cache = known()
        #expect(cache.ask(10 * second) == Asked(.addresses([Self.first]), false))
        #expect(cache.ask(11 * second) == Asked(.addresses([Self.first]), true))
        #expect(cache.ask(12 * second) == Asked(.addresses([Self.first]), false))
        #expect(cache.lookedUp(.success([Self.other]), now: 12 * second) == .addresses([Self.other]))
        #expect(cache.ask(13 * second) == Asked(.addresses([Self.other]), false))
    }

    @Test func `Addresses of 30 s ago are not used without a new lookup`() {
        let cache = known()
        #expect(cache.ask(31 * second) == Asked(.wait, true))
    }

    @Test func `A failed connect makes the next use wait for a lookup, a second apart at least`() {
        let cache = known()
        cache.unreachable()
        #expect(cache.ask(second + second / 2) == Asked(.addresses([Self.first]), false))
        #expect(cache.ask(2 * second) == Asked(.wait, true))
        _ = cache.lookedUp(.success([Self.other]), now: 2 * second)
        #expect(cache.ask(2 * second) == Asked(.addresses([Self.other]), false))
    }

    @Test func `A resolver that does not answer leaves the last addresses in use`() {
        let cache = known()
        #expect(cache.ask(40 * second) == Asked(.wait, true))
        #expect(cache.ask(40 * second + NameCache.patienceNanoseconds) == Asked(.addresses([Self.first]), false))
        #expect(cache.lookedUp(.failure(Self.silent), now: 45 * second) == .addresses([Self.first]))
        #expect(cache.ask(46 * second) == Asked(.wait, true))
    }

    @Test func `A name that does not exist any more has no addresses`() {
        let cache = known()
        _ = cache.ask(40 * second)
        #expect(cache.lookedUp(.failure(Self.unknown), now: 40 * second) == .unknown(Self.unknown))
        #expect(cache.ask(40 * second + 1) == Asked(.unknown(Self.unknown), false))
        #expect(cache.ask(41 * second) == Asked(.wait, true))
    }
}
