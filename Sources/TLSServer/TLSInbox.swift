#if TLS
    /// The receive buffer of a loop's sessions. One session at a time holds it, until another session claims it or it
    /// is empty. Bytes that are left then move to memory of the session. So a waiting connection holds no buffer.
    final class TLSInbox {
        private var memory = UnsafeMutableRawPointer.allocate(byteCount: smallest, alignment: 64)
        private var capacity = smallest
        /// The received bytes that are not decrypted yet begin here.
        private var start = 0
        private var end = 0
        /// The holder clears this reference before it is freed (`release`).
        private unowned(unsafe) var holder: TLSSocket?

        /// Room for a complete record behind a partial one.
        private static let smallest = 2 * (RecordFormat.headerSize + RecordFormat.maximumSealed)

        deinit { memory.deallocate() }

        /// The holder's received bytes that are not decrypted yet.
        var bytes: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(start: memory + start, count: end - start)
        }

        /// Makes `socket` the holder of the buffer. The earlier holder takes its bytes away first.
        func claim(for socket: TLSSocket) {
            vacate()
            holder = socket
        }

        /// Makes the holder take its bytes away.
        func vacate() {
            holder?.leaveInbox()
            release()
        }

        /// Clears the holder and the bytes.
        func release() {
            holder = nil
            start = 0
            end = 0
        }

        /// Appends bytes.
        func append(_ bytes: UnsafeRawBufferPointer) {
            makeRoom(end + bytes.count)
            UnsafeMutableRawBufferPointer(start: memory + end, count: bytes.count).copyMemory(from: bytes)
            end += bytes.count
        }

        /// Returns free memory behind the bytes, for the records of so much content. The call may move the bytes.
        func room(forContent contentSize: Int) -> UnsafeMutableRawBufferPointer {
            if start > 0 {
                // Less than one record is left here, so the move is cheap.
                if start < end { memory.copyMemory(from: memory + start, byteCount: end - start) }
                end -= start
                start = 0
            }
            let records = contentSize / RecordFormat.maximumContent + 1
            let wanted = contentSize + records * RecordFormat.overhead
            // There has to be room for the rest of a partial record.
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

        /// Counts bytes that were received into the memory from `room`.
        func received(_ count: Int) { end += count }

        /// Removes the first bytes. Their memory stays valid until the next call of `room` or `claim`.
        func took(_ count: Int) {
            start += count
            if start == end {
                start = 0
                end = 0
            }
        }
    }
#endif
