/// The bounds of a multiplexed connection. They are part of the protocol: both sides count with the same.
package enum MultiplexingLimits {
    /// What the side that made the connection sends first: says that this is neither HTTP nor another version.
    package static let preface: StaticString = "USTDY/1\n"

    /// Bytes of payload in one frame.
    package static let payload = 64 << 10

    /// Bytes of one stream that may be on their way or unread in one direction, to begin with: what a peer that reads nothing makes the
    /// other side hold. Half of it is given back at a time, so a stream moves at most this much in a round trip.
    package static let window = 128 << 10

    /// What the window grows to while everything is read as it comes.
    package static let largestWindow = 512 << 10

    /// Streams open at a time; who needs more makes another connection.
    package static let streams = 1024
}
