#if TLS
    /// Where the records of one write are gathered, so that they leave in one system call. One for each
    /// context, which belongs to one loop: empty between two writes.
    final class TLSBatch {
        /// Content taken by one write.
        static let contentSize = 64 << 10
        /// Room for that content as records, each with header, type and tag, and for a message of OpenSSL's own before them.
        private static let capacity = contentSize + (16 << 10)

        /// Nil until the first write.
        private var memory: UnsafeMutableRawPointer?
        private(set) var count = 0

        deinit { memory?.deallocate() }

        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: memory, count: count) }

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

        func removeAll() { count = 0 }
    }
#endif
