internal import Sockets
private import Synchronization

/// Limits the connections of each identity with a certificate, over all loops of a listener.
///
/// The holder of one certificate must not use all connections. An identity has a few connections. At its limit its
/// oldest one closes. So a peer whose network has lost its connections gets in again at once, and an attacker gains
/// nothing with many. At the limit of all, the identity with the most connections loses its oldest. A new connection is
/// refused only if every other identity has a single one.
package final class IdentityLimiter: Sendable {
    /// The permit of one connection. It is created and returned on the connection's loop.
    final class Permit: @unchecked Sendable {
        fileprivate let identity: String
        fileprivate let serial: UInt64
        private let loop: EventLoop
        /// Used on `loop` only.
        weak var connection: ServerConnection?

        fileprivate init(_ identity: String, serial: UInt64, for connection: ServerConnection) {
            self.identity = identity
            self.serial = serial
            self.connection = connection
            loop = connection.loop
        }

        /// Closes the connection in a later turn of its loop.
        fileprivate func giveAway() { loop.post { [self] in connection?.close() } }
    }

    private struct State {
        /// The oldest permit of each identity comes first.
        var places: [String: [Permit]] = [:]
        var count = 0
        var serial: UInt64 = 0

        mutating func takeOldest(of identity: String) -> Permit? {
            guard let oldest = places[identity]?.first else { return nil }
            remove(0, of: identity)
            return oldest
        }

        mutating func remove(_ index: Int, of identity: String) {
            places[identity]?.remove(at: index)
            if places[identity]?.isEmpty == true { places[identity] = nil }
            count -= 1
        }
    }

    private let limit: Int
    private let limitOfIdentity: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: the most connections of all identities.
    ///   - limitOfIdentity: the most connections of each.
    package init(limit: Int, limitOfIdentity: Int) {
        self.limit = limit
        self.limitOfIdentity = limitOfIdentity
    }

    package var count: Int { state.withLock { $0.count } }

    /// A permit for a connection whose peer is `identity`; nil if there is none.
    func enter(_ connection: ServerConnection, as identity: String) -> Permit? {
        let (place, victim) = state.withLock { state -> (Permit?, Permit?) in
            var victim: Permit?
            if state.places[identity, default: []].count >= limitOfIdentity {
                victim = state.takeOldest(of: identity)
            } else if state.count >= limit {
                guard let richest = state.places.max(by: { $0.value.count < $1.value.count }), richest.value.count > 1
                else { return (nil, nil) }
                victim = state.takeOldest(of: richest.key)
            }
            state.serial += 1
            let place = Permit(identity, serial: state.serial, for: connection)
            state.places[identity, default: []].append(place)
            state.count += 1
            return (place, victim)
        }
        victim?.giveAway()
        return place
    }

    /// The connection has closed. Its permit may have been given away before.
    func leave(_ place: Permit) {
        state.withLock { state in
            guard let index = state.places[place.identity]?.firstIndex(where: { $0.serial == place.serial }) else {
                return
            }
            state.remove(index, of: place.identity)
        }
    }
}
