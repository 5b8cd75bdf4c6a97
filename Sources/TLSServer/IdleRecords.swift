#if TLS
    internal import Sockets

    /// Counts a peer's records without content: empty records, warnings, fragments of messages, key updates.
    ///
    /// A peer may have a reason to send many at a time. Java's client requests new keys with every record in progress
    /// when its key reaches its limit; 53 in a row were observed. This type bounds the cost of such records in a
    /// minute. The most expensive one, a key update, costs less than a small request, so an attacker gains more with
    /// requests.
    struct IdleRecords {
        static let mostInMinute = 4096
        private static let minuteNanoseconds: UInt64 = 60_000_000_000

        private var count = 0
        private var began: UInt64 = 0

        /// Counts one record at a monotonic time in nanoseconds. Returns false if the peer has exceeded the limit.
        mutating func allowsOne(now: @autoclosure () -> UInt64) -> Bool {
            // The clock is read only for the first record of a minute and at the limit.
            if count == 0 || count == IdleRecords.mostInMinute {
                let now = now()
                if count == 0 || now >= began + IdleRecords.minuteNanoseconds {
                    began = now
                    count = 0
                }
            }
            guard count < IdleRecords.mostInMinute else { return false }
            count += 1
            return true
        }
    }
#endif
