#if TLS
    /// Where records are gathered, so that they leave in one system call. One for each context, which belongs to one loop.
    ///
    /// One session after the other: whoever gathers holds it, and when another wants it, what the first has gathered leaves.
    final class TLSBatch {
        /// Bytes of records that are gathered before they leave; the last record may go beyond.
        static let limit = 128 << 10
        /// There is always room for one record more, the largest that OpenSSL makes too (RFC 5246, 6.2.3), and for a message or
        /// an alert with it.
        private static let capacity = limit + (16 << 10) + (4 << 10)

        /// Nil until the first write.
        private var memory: UnsafeMutableRawPointer?
        private var count = 0
        /// It takes its name off before it goes, see `release`.
        private unowned(unsafe) var holder: TLSSocket?

        deinit { memory?.deallocate() }

        /// What the holder has gathered; it stays where it is until the next record is made.
        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

        /// From now on this gathers what `socket` sends.
        func claim(for socket: TLSSocket) {
            // How that went, its session hears when it looks.
            if let holder { _ = holder.sendGathered() }
            holder = socket
        }

        /// Nobody holds this, and nothing is here.
        func release() {
            holder = nil
            count = 0
        }

        /// Where a record can be made; nil when there is no room.
        func room(for size: Int) -> UnsafeMutableRawPointer? {
            guard size <= TLSBatch.capacity - count else { return nil }
            if let memory { return memory + count }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: TLSBatch.capacity, alignment: 64)
            self.memory = memory
            return memory + count
        }

        /// A record was made in the room that was given.
        func took(_ size: Int) { count += size }
    }
#endif
