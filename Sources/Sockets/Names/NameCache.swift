/// A process's knowledge of one name: its addresses and their age, without the resolver.
///
///     unknown -> looking up -> known -> aging (known, and looking up) -> known
///
/// - Addresses are used for 30 s at most after they were found. From 10 s on a use starts the next lookup, so that a
///   name in use never waits for the resolver.
/// - If a connect has failed at every address, the next use waits for a new lookup.
/// - Two lookups begin at least a second apart, however often the name is used.
/// - If the resolver is slow or fails for a moment, the last addresses stay in use. If the resolver says that the name
///   does not exist, they are dropped.
struct NameCache: Sendable {
    static let refreshNanoseconds: UInt64 = 10_000_000_000
    static let lifetimeNanoseconds: UInt64 = 30_000_000_000
    /// Between the beginnings of two lookups.
    static let pauseNanoseconds: UInt64 = 1_000_000_000
    /// After this time in a lookup the last addresses are used, if there are any.
    static let patienceNanoseconds: UInt64 = 250_000_000

    enum Answer: Equatable, Sendable {
        case addresses([SocketAddress])
        case unknown(NameFailure)
        /// The result of the lookup in progress is the answer.
        case wait
    }

    private(set) var addresses: [SocketAddress] = []
    private var foundAt: UInt64 = 0
    /// The addresses were found, and a connect to one of them may succeed.
    private var areGood = false
    private var failure: NameFailure?
    private var lookupBeganAt: UInt64?
    private var isLookingUp = false

    /// Asks for the addresses.
    ///
    /// - Parameter startsLookup: set if the caller has to begin a lookup, and to report its result to `lookedUp`.
    mutating func ask(now: UInt64, startsLookup: inout Bool) -> Answer {
        let age = now &- min(foundAt, now)
        if areGood, age < NameCache.lifetimeNanoseconds {
            if age >= NameCache.refreshNanoseconds { startsLookup = begin(now: now) }
            return .addresses(addresses)
        }
        if isLookingUp {
            let isSlow = lookupBeganAt.map { now &- min($0, now) >= NameCache.patienceNanoseconds } ?? false
            return isSlow && !addresses.isEmpty ? .addresses(addresses) : .wait
        }
        if begin(now: now) {
            startsLookup = true
            return .wait
        }
        // The last lookup was less than a second ago.
        if !addresses.isEmpty { return .addresses(addresses) }
        return .unknown(failure ?? NameFailure(text: "not looked up yet", isFinal: false))
    }

    private mutating func begin(now: UInt64) -> Bool {
        if isLookingUp { return false }
        if let lookupBeganAt, now &- min(lookupBeganAt, now) < NameCache.pauseNanoseconds { return false }
        lookupBeganAt = now
        isLookingUp = true
        return true
    }

    /// The lookup has ended. Returns the answer for those that wait.
    mutating func lookedUp(_ result: Result<[SocketAddress], NameFailure>, now: UInt64) -> Answer {
        isLookingUp = false
        switch result {
        case .success(let found):
            addresses = found
            foundAt = now
            areGood = true
            failure = nil
        case .failure(let failure):
            self.failure = failure
            areGood = false
            if failure.isFinal { addresses = [] }
            if addresses.isEmpty { return .unknown(failure) }
        }
        return .addresses(addresses)
    }

    /// A connect has failed at every address.
    mutating func unreachable() { areGood = false }
}

/// Why a name has no addresses.
package struct NameFailure: Error, Equatable, Sendable {
    /// The resolver's words (gai_strerror(3)).
    package let text: String
    /// The name does not exist, or has no address. Otherwise the resolver did not answer.
    let isFinal: Bool
}
