#if TLS
    internal import Sockets

    /// How much content the records of one client's connection carry: little at first, then as much as they may.
    ///
    /// A record is of no use before its last byte is there. What may be on the way to a client that has acknowledged nothing yet is less
    /// than one full record (RFC 6928: ten segments, some 14 KB), so it would have all of that in its hands for a round trip and could not
    /// read a byte. The kernel begins anew after a pause (RFC 5681, 4.1), and so do we.
    struct RecordSize {
        /// With what a record adds to it, within a segment of all usual links.
        static let small = 1350
        /// Bytes in small records; by then there are many times as many on the way as a record has.
        static let smallBytes = 64 << 10
        /// A pause, in nanoseconds.
        static let pause: UInt64 = 1_000_000_000

        private var smallLeft = RecordSize.smallBytes
        private var lastAt: UInt64 = 0

        /// Called before content is sent that may need more than one record.
        mutating func sendingBegins(now: UInt64) {
            if now &- lastAt >= RecordSize.pause { smallLeft = RecordSize.smallBytes }
            lastAt = now
        }

        /// The most that the next record may carry.
        var limit: Int { smallLeft > 0 ? RecordSize.small : RecordFormat.maximumContent }

        mutating func sent(_ count: Int) { smallLeft = max(0, smallLeft - count) }
    }
#endif
