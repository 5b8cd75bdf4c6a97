/// The choice among the addresses of a name, without sockets (RFC 8305, section 5).
///
///     begin -> racing -> over
///
/// One attempt begins at once. The next one begins after 250 ms, or at once when an open attempt fails. The first
/// attempt that connects wins, and ends the others. The race is lost when no attempt is open and no address is left.
///
/// IPv6 and IPv4 take turns (section 4). The first address decides which family begins. The resolver puts an IPv6
/// address first, unless the host has no route to it or its administrator prefers IPv4 (RFC 6724).
package struct AddressRace: Sendable {
    /// RFC 8305, section 8, recommends 250 ms.
    package static let delayNanoseconds: UInt64 = 250_000_000
    /// Addresses beyond this number are not tried, because a name may have any number.
    package static let maximumAddresses = 16

    package enum Event: Sendable {
        case begin
        case connected(attempt: Int)
        case failed(attempt: Int, SystemError)
        /// The instant of `nextDeadline` has come.
        case tick
    }

    package enum Effect: Equatable, Sendable {
        /// Connect, and report `connected` or `failed`.
        case connect(SocketAddress, attempt: Int)
        /// Close the socket of the attempt.
        case close(attempt: Int)
        case won(attempt: Int)
        /// All attempts failed. The error is that of the attempt that failed last.
        case lost(SystemError)
    }

    private var left: [SocketAddress]
    private var open: [Int] = []
    private var count = 0
    private var lastError = SystemError("connect", code: AddressRace.noAddress)
    private var isOver = false
    /// The instant at which the next attempt begins, on the clock of `feed`; nil for none.
    package private(set) var nextDeadline: UInt64?

    /// errno's EADDRNOTAVAIL.
    private static let noAddress: Int32 = 99

    /// - Parameter addresses: in the resolver's order.
    package init(_ addresses: [SocketAddress]) {
        left = Array(AddressRace.alternating(addresses).prefix(AddressRace.maximumAddresses))
    }

    /// The addresses without repetitions. The families take turns.
    private static func alternating(_ addresses: [SocketAddress]) -> [SocketAddress] {
        var first: [SocketAddress] = []
        var second: [SocketAddress] = []
        for address in addresses where !first.contains(address) && !second.contains(address) {
            if address.family == addresses[0].family { first.append(address) } else { second.append(address) }
        }
        var result: [SocketAddress] = []
        for index in 0..<max(first.count, second.count) {
            if index < first.count { result.append(first[index]) }
            if index < second.count { result.append(second[index]) }
        }
        return result
    }

    package mutating func feed(_ event: Event, now: UInt64) -> [Effect] {
        if isOver { return [] }
        switch event {
        case .begin:
            return next(now: now)
        case .connected(let attempt):
            guard open.contains(attempt) else { return [] }
            isOver = true
            nextDeadline = nil
            return open.filter { $0 != attempt }.map { .close(attempt: $0) } + [.won(attempt: attempt)]
        case .failed(let attempt, let error):
            guard let index = open.firstIndex(of: attempt) else { return [] }
            open.remove(at: index)
            lastError = error
            return next(now: now)
        case .tick:
            guard let nextDeadline, nextDeadline <= now else { return [] }
            return next(now: now)
        }
    }

    /// Begins the next attempt.
    private mutating func next(now: UInt64) -> [Effect] {
        guard !left.isEmpty else {
            nextDeadline = nil
            guard open.isEmpty else { return [] }
            isOver = true
            return [.lost(lastError)]
        }
        let address = left.removeFirst()
        let attempt = count
        count += 1
        open.append(attempt)
        nextDeadline = left.isEmpty ? nil : now &+ AddressRace.delayNanoseconds
        return [.connect(address, attempt: attempt)]
    }
}
