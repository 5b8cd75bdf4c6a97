internal import Balancing

/// The keys of the clients' session tickets, and what is derived from them.
enum TicketKeys {
    static func random() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<80).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    /// The key of the names that cookies give to workers. Every process with the ticket keys holds it too.
    static func nameSecret(from keys: [UInt8]) -> SipHash {
        let root = SipHash(key: (0, 0))
        return SipHash(key: (root(keys + "sticky 0".utf8), root(keys + "sticky 1".utf8)))
    }
}
