#if TLS
    /// Collects records, so that many leave in one system call. Each context, and so each loop, has one batch.
    ///
    /// One session at a time holds the batch. When another session claims it, the collected records leave.
    final class TLSBatch {
        /// The number of bytes after which the records leave. The last record may exceed it.
        static let limit = 128 << 10
        /// After the limit there is room for one more record of the largest size that OpenSSL makes (RFC 5246, 6.2.3),
        /// and for a message or an alert.
        private static let capacity = limit + (16 << 10) + (4 << 10)

        /// Nil until the first write.
        private var memory: UnsafeMutableRawPointer?
        private var count = 0
        /// The holder clears this reference before it is freed (`release`).
        private unowned(unsafe) var holder: TLSSocket?

        deinit { memory?.deallocate() }

        /// The holder's records. Their address is stable until the next record is made.
        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

        /// Makes `socket` the holder of the batch. The earlier holder's records leave first.
        func claim(for socket: TLSSocket) {
            // The earlier holder learns the result at its next call.
            if let holder { _ = holder.sendGathered() }
            holder = socket
        }

        /// Clears the holder and the records.
        func release() {
            holder = nil
            count = 0
        }

        /// Returns the memory for the next record, or nil without enough room.
        func room(for size: Int) -> UnsafeMutableRawPointer? {
            guard size <= TLSBatch.capacity - count else { return nil }
            if let memory { return memory + count }
            let memory = UnsafeMutableRawPointer.allocate(byteCount: TLSBatch.capacity, alignment: 64)
            self.memory = memory
            return memory + count
        }

        /// Counts a record that was written to the memory from `room`.
        func took(_ size: Int) { count += size }
    }
#endif
