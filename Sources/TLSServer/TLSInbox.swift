#if TLS
    /// Where the sessions of one loop receive records, one after the other: whoever receives holds it, and keeps it until
    /// another wants it or it is used up. Then what is left moves to memory of the session, so that a connection which waits
    /// holds none.
    final class TLSInbox {
        private var memory = UnsafeMutableRawPointer.allocate(byteCount: smallest, alignment: 64)
        private var capacity = smallest
        /// Received, and not opened yet.
        private var start = 0
        private var end = 0
        /// It takes its name off before it goes, see `release`.
        private unowned(unsafe) var holder: TLSSocket?

        /// A record, and one that had begun before.
        private static let smallest = 2 * (RecordFormat.headerSize + RecordFormat.maximumSealed)

        deinit { memory.deallocate() }

        /// What the holder has received and not opened.
        var bytes: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(start: memory + start, count: end - start)
        }

        /// From now on `socket` receives here.
        func claim(for socket: TLSSocket) {
            vacate()
            holder = socket
        }

        /// Lets whoever holds this take away what is left.
        func vacate() {
            holder?.leaveInbox()
            release()
        }

        /// Nobody holds this, and nothing is here.
        func release() {
            holder = nil
            start = 0
            end = 0
        }

        /// Puts bytes behind what is here.
        func append(_ bytes: UnsafeRawBufferPointer) {
            makeRoom(end + bytes.count)
            UnsafeMutableRawBufferPointer(start: memory + end, count: bytes.count).copyMemory(from: bytes)
            end += bytes.count
        }

        /// Memory behind what is here, for the records of so much content. What was here may have moved.
        func room(forContent contentSize: Int) -> UnsafeMutableRawBufferPointer {
            if start > 0 {
                // Less than one record, when another is wanted.
                if start < end { memory.copyMemory(from: memory + start, byteCount: end - start) }
                end -= start
                start = 0
            }
            let records = contentSize / RecordFormat.maximumContent + 1
            let wanted = contentSize + records * RecordFormat.overhead
            // A record that has begun has to find room for its rest.
            makeRoom(end + max(wanted, RecordFormat.headerSize + RecordFormat.maximumSealed))
            return UnsafeMutableRawBufferPointer(start: memory + end, count: wanted)
        }

        private func makeRoom(_ needed: Int) {
            guard needed > capacity else { return }
            let larger = UnsafeMutableRawPointer.allocate(byteCount: needed, alignment: 64)
            larger.copyMemory(from: memory, byteCount: end)
            memory.deallocate()
            memory = larger
            capacity = needed
        }

        /// So much came into the room that was given.
        func received(_ count: Int) { end += count }

        /// The first bytes are taken; they stay where they are until the next call of `room` or `claim`.
        func took(_ count: Int) {
            start += count
            if start == end {
                start = 0
                end = 0
            }
        }
    }
#endif
