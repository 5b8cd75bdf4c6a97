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
        /// Takes its name off before it goes.
        private unowned(unsafe) var holder: TLSSocket?

        /// A record, and one that had begun before.
        private static let smallest = 2 * (RecordFormat.headerSize + RecordFormat.maximumSealed)

        deinit { memory.deallocate() }

        /// What `socket` has received and not opened, if it is here.
        func bytes(of socket: TLSSocket) -> UnsafeMutableRawBufferPointer? {
            holder === socket ? rest : nil
        }

        private var rest: UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(start: memory + start, count: end - start)
        }

        /// From now on `socket` receives here; `kept` is what it has received before.
        func claim(for socket: TLSSocket, kept: UnsafeMutableRawBufferPointer?) {
            vacate()
            holder = socket
            guard let kept else { return }
            makeRoom(kept.count)
            memory.copyMemory(from: kept.baseAddress!, byteCount: kept.count)
            end = kept.count
        }

        /// Lets whoever holds this take away what is left.
        func vacate() {
            if let holder, start < end { holder.putBack(UnsafeRawBufferPointer(rest)) }
            release()
        }

        /// `socket` goes.
        func forget(_ socket: TLSSocket) {
            if holder === socket { release() }
        }

        private func release() {
            holder = nil
            start = 0
            end = 0
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
