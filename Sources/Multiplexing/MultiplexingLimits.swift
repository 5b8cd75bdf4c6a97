/// The limits of a multiplexed connection. They are part of the protocol: both sides use the same values.
package enum MultiplexingLimits {
    /// The first bytes of the side that opened the connection. They exclude HTTP and other versions of this protocol.
    package static let preface: StaticString = "USTDY/1\n"

    /// The largest payload of one frame in bytes.
    package static let payload = 64 << 10

    /// The initial window of one stream in one direction, in bytes: the most unread bytes that a peer can make the
    /// other side hold. The reader returns half of it at a time, so a stream moves at most this much in a round trip.
    package static let window = 128 << 10

    /// The largest window. The window grows to it while the reader keeps up.
    package static let largestWindow = 512 << 10

    /// The window of a sender after a credit of 0 bytes, whatever credit it has: the final reader reads little. Each
    /// later credit adds to it, and a credit of `trustingCredit` bytes ends it.
    package static let hesitantWindow = 4 << 10
    package static let trustingCredit = 64 << 10

    /// The most open streams. A peer that needs more opens another connection.
    package static let streams = 1024
}
