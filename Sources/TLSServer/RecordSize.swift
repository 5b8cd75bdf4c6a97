#if TLS
    internal import Sockets

    /// The content size of the records to one client: small at first, then as large as possible.
    ///
    /// A client can't decrypt a record before its last byte arrives. Before the client's first acknowledgement the
    /// kernel may send less than one full record (RFC 6928: ten segments, about 14 KB). So with a full record the
    /// client could read nothing for one round trip. The kernel starts again after a pause (RFC 5681, 4.1), and so does
    /// this type.
    struct RecordSize {
        /// A small record with its overhead fits into one segment on all usual links.
        static let small = 1350
        /// The number of bytes in small records. After them the congestion window is many times as large as a record.
        static let smallBytes = 64 << 10
        /// A pause, in nanoseconds.
        static let pause: UInt64 = 1_000_000_000

        private var smallLeft = RecordSize.smallBytes
        private var lastAt: UInt64 = 0

        /// Call this before sending content that may need more than one record.
        mutating func sendingBegins(now: UInt64) {
            if now &- lastAt >= RecordSize.pause { smallLeft = RecordSize.smallBytes }
            lastAt = now
        }

        /// The largest content of the next record.
        var limit: Int { smallLeft > 0 ? RecordSize.small : RecordFormat.maximumContent }

        mutating func sent(_ count: Int) { smallLeft = max(0, smallLeft - count) }
    }
#endif
