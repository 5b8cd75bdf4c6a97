#if TLS
    /// Where the sessions of one loop receive records. What is left over after a read is moved to memory of the session, so that
    /// a connection which waits holds none.
    final class TLSInbox {
        private(set) var memory = UnsafeMutableRawPointer.allocate(byteCount: smallest, alignment: 64)
        private var capacity = smallest
        /// Bytes from the start that have been received.
        var count = 0

        /// A record, and one that had begun before.
        private static let smallest = 2 * (RecordFormat.headerSize + RecordFormat.maximumSealed)

        deinit { memory.deallocate() }

        /// Where the records go that fill a reader's memory of `contentSize` bytes.
        func room(forContent contentSize: Int) -> UnsafeMutableRawBufferPointer {
            let records = contentSize / RecordFormat.maximumContent + 1
            let wanted = contentSize + records * RecordFormat.overhead
            // A record that has begun has to find room for its rest.
            let needed = count + max(wanted, RecordFormat.headerSize + RecordFormat.maximumSealed)
            if needed > capacity {
                let larger = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: 64)
                larger.copyMemory(from: memory, byteCount: count)
                memory.deallocate()
                memory = larger
                capacity = needed
            }
            return UnsafeMutableRawBufferPointer(start: memory + count, count: wanted)
        }

        func append(_ bytes: UnsafeRawBufferPointer) {
            room(forContent: bytes.count).copyMemory(from: bytes)
            count += bytes.count
        }

        func removeFirst(_ removed: Int) {
            guard removed > 0 else { return }
            count -= removed
            if count > 0 { memory.copyMemory(from: memory + removed, byteCount: count) }
        }
    }
#endif
