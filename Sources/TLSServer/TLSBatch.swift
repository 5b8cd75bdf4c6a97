#if TLS
    /// Where records are gathered, so that they leave in one system call. One for each context, which belongs to one loop.
    ///
    /// One session after the other: whoever gathers holds it, and when another wants it, what the first has gathered leaves.
    final class TLSBatch {
        /// Content that is gathered before it leaves.
        static let contentSize = 128 << 10
        /// Room for that content as records, each with header, type and tag, and for a message of OpenSSL's own before them.
        private static let capacity = contentSize + (16 << 10)

        /// Nil until the first write.
        private var memory: UnsafeMutableRawPointer?
        private var count = 0
        private var contentCount = 0
        /// Takes its name off before it goes.
        private unowned(unsafe) var holder: TLSSocket?

        deinit { memory?.deallocate() }

        /// What `socket` has gathered.
        func bytes(of socket: TLSSocket) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(start: memory, count: holder === socket ? count : 0)
        }

        /// Bytes of content in the records that `socket` has gathered.
        func contentCount(of socket: TLSSocket) -> Int { holder === socket ? contentCount : 0 }

        /// From now on this gathers what `socket` sends.
        func claim(for socket: TLSSocket) {
            guard holder !== socket else { return }
            // How that went, its session hears when it looks.
            if let holder { _ = holder.sendGathered() }
            holder = socket
        }

        /// `socket` goes, or has sent what was gathered.
        func release(_ socket: TLSSocket) {
            guard holder === socket else { return }
            holder = nil
            count = 0
            contentCount = 0
        }

        /// Takes a record, or a part of one; false when there is no room.
        func append(_ record: UnsafeRawBufferPointer) -> Bool {
            guard let source = record.baseAddress, let target = room(for: record.count) else { return false }
            target.copyMemory(from: source, byteCount: record.count)
            took(record.count)
            return true
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

        /// So much content is in the records that were made.
        func tookContent(_ size: Int) { contentCount += size }
    }
#endif
