private import Synchronization

/// A name to connect to. All loops share it, with the addresses that were found last.
package final class ResolvedName: Sendable {
    package let host: String
    package let port: UInt16
    private let resolver: Resolver
    private let state = Mutex(State())

    /// The most callers that wait for one lookup.
    private static let maximumWaiting = 4096

    private struct State {
        var cache = NameCache()
        var waiting: [WeakWaiter] = []
        var reached: SocketAddress?
    }

    private struct WeakWaiter: @unchecked Sendable {
        weak var waiter: Waiter?
    }

    /// A caller that waits for a lookup. Its release ends the wait.
    package final class Waiter: @unchecked Sendable {
        let loop: EventLoop
        /// Touched on the loop only.
        let receive: (Result<[SocketAddress], NameFailure>) -> Void

        /// - Parameter receive: called on the loop, in a later turn.
        package init(on loop: EventLoop, receive: @escaping (Result<[SocketAddress], NameFailure>) -> Void) {
            self.loop = loop
            self.receive = receive
        }
    }

    package init(_ host: String, port: UInt16, resolver: Resolver) {
        self.host = host
        self.port = port
        self.resolver = resolver
    }

    /// The addresses in the resolver's order, or why there are none. Nil if a lookup is in progress. Then `waiter` gets
    /// the result, unless the caller has released it before.
    ///
    /// - Parameter now: of `Clock.monotonicNanoseconds`, as every loop's time.
    package func addresses(for waiter: Waiter, now: UInt64) -> Result<[SocketAddress], NameFailure>? {
        var startsLookup = false
        let answer = state.withLock { state in
            let answer = state.cache.ask(now: now, startsLookup: &startsLookup)
            guard answer == .wait else { return answer }
            if state.waiting.count >= ResolvedName.maximumWaiting { state.waiting.removeAll { $0.waiter == nil } }
            guard state.waiting.count < ResolvedName.maximumWaiting else {
                return .unknown(NameFailure(text: "too many connections wait for the resolver", isFinal: false))
            }
            state.waiting.append(WeakWaiter(waiter: waiter))
            return answer
        }
        if startsLookup { resolver.lookUp(host, port: port) { [self] in lookedUp($0) } }
        return ResolvedName.result(answer)
    }

    private static func result(_ answer: NameCache.Answer) -> Result<[SocketAddress], NameFailure>? {
        switch answer {
        case .addresses(let addresses): .success(addresses)
        case .unknown(let failure): .failure(failure)
        case .wait: nil
        }
    }

    private func lookedUp(_ result: Result<[SocketAddress], NameFailure>) {
        let (answer, waiting) = state.withLock { state in
            let waiting = state.waiting
            state.waiting = []
            return (state.cache.lookedUp(result, now: Clock.monotonicNanoseconds()), waiting)
        }
        guard let result = ResolvedName.result(answer) else { return }
        for case let waiter? in waiting.map(\.waiter) {
            waiter.loop.post { [weak waiter] in waiter?.receive(result) }
        }
    }

    /// A connect to this address has succeeded.
    package func noteReached(_ address: SocketAddress) { state.withLock { $0.reached = address } }

    /// A connect has failed at every address.
    package func noteUnreachable() { state.withLock { $0.cache.unreachable() } }

    /// The address of the last connect that succeeded; nil if there was none.
    package var lastReached: SocketAddress? { state.withLock { $0.reached } }

    /// The addresses that were found last.
    package var lastKnown: [SocketAddress] { state.withLock { $0.cache.addresses } }
}
