#if TLS
    private import Glibc
    internal import Sockets

    /// The socket of one session, as OpenSSL reads and writes it (`TLSSocketBIO`).
    ///
    /// It differs from OpenSSL's own socket BIO in two ways. The records of one write are collected and leave in one
    /// system call. After a read that returned less than requested, the socket is not read again in the same call,
    /// because it is empty.
    final class TLSSocket {
        /// The result of a system call.
        enum Outcome {
            case moved(Int)
            case wouldBlock
            /// The peer has closed its sending side.
            case ended
            case failed
        }

        /// The reason why OpenSSL gets no more bytes from the peer.
        enum Refusal: Equatable {
            case helloTooLarge
            case renegotiation
        }

        /// The bytes that one receive call requests during a handshake.
        private static let flight = 4 << 10

        private let descriptor: Int32
        private let batch: TLSBatch
        private let inbox: TLSInbox
        private var holdsBatch = false
        private var holdsInbox = false
        private var isGathering = false
        /// The last read emptied the socket.
        private(set) var isDrained = false
        /// The peer has closed its sending side.
        private(set) var isAtEnd = false
        /// The errno of the last failed call; 0 if none failed.
        private(set) var failureCode: Int32 = 0
        /// The reason why the peer's bytes are rejected; nil if they are accepted.
        var refusal: Refusal?
        /// Bounds a client's bytes before the server's answer. Nil for a connection to a server, and after the answer.
        var helloBound: ClientHelloBound?
        /// Bytes have been sent.
        private(set) var hasSent = false
        /// A send call failed. No more bytes can be sent.
        private(set) var hasFailedToSend = false
        /// Received bytes that no reader has taken. While this socket holds the inbox, they are in the inbox.
        private var received: UnsafeMutableRawBufferPointer?
        private var receivedStart = 0
        /// Records that the socket did not accept. At most one batch.
        private var unsent: UnsafeMutableRawBufferPointer?
        private var sentOfUnsent = 0

        /// - Parameter descriptor: must stay open during the lifetime of this object.
        init(descriptor: Int32, workspace: TLSWorkspace) {
            self.descriptor = descriptor
            batch = workspace.batch
            inbox = workspace.inbox
        }

        deinit {
            if holdsInbox { inbox.release() }
            if holdsBatch { batch.release() }
            unsent?.deallocate()
            received?.deallocate()
        }

        /// The number of record bytes that wait, in the batch or for a writable socket.
        private(set) var unsentCount = 0

        // MARK: For the transport

        /// The socket may have input again.
        func beginReading() { isDrained = false }

        /// The received bytes that no reader has taken.
        var receivedBytes: UnsafeRawBufferPointer {
            if let received { return UnsafeRawBufferPointer(rebasing: received[receivedStart...]) }
            return holdsInbox ? UnsafeRawBufferPointer(inbox.bytes) : .empty
        }

        /// Claims the inbox and returns the received bytes that no reader has taken.
        func claimInbox() -> UnsafeMutableRawBufferPointer {
            if !holdsInbox {
                inbox.claim(for: self)
                holdsInbox = true
                if let received {
                    inbox.append(UnsafeRawBufferPointer(rebasing: received[receivedStart...]))
                    received.deallocate()
                    self.received = nil
                }
            }
            return inbox.bytes
        }

        /// Moves this socket's bytes from the inbox to memory of its own, because another socket claims the inbox.
        func leaveInbox() {
            holdsInbox = false
            putBack(UnsafeRawBufferPointer(inbox.bytes))
        }

        /// Removes the first bytes of the inbox, which this socket holds.
        func tookReceived(_ count: Int) { inbox.took(count) }

        /// Receives the records of up to this much content into the inbox, which this socket holds.
        func receiveMore(forContent contentSize: Int) -> Outcome {
            let outcome = receive(into: inbox.room(forContent: contentSize))
            if case .moved(let count) = outcome { inbox.received(count) }
            return outcome
        }

        /// Stores bytes that no reader took.
        func putBack(_ bytes: UnsafeRawBufferPointer) {
            guard !bytes.isEmpty else { return }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            memory.copyMemory(from: bytes)
            received = memory
            receivedStart = 0
        }

        /// Begins to collect records, behind the ones already collected.
        func beginGathering() {
            if !holdsBatch {
                batch.claim(for: self)
                holdsBatch = true
            }
            isGathering = true
        }

        /// Returns the memory for a record of this size, behind the collected ones, or nil without enough room.
        func room(forRecord size: Int) -> UnsafeMutableRawPointer? { batch.room(for: size) }

        /// Counts a record that was written to the memory from `room`.
        func gathered(record size: Int) {
            batch.took(size)
            unsentCount += size
        }

        /// Ends collecting. The collected records may wait for more.
        func endGathering() { isGathering = false }

        /// Sends the collected records. Records that the socket does not accept are stored (`isBlocked`).
        ///
        /// - Parameter isEndNext: the caller closes the sending side right after this call. So the kernel may hold back
        ///   the last segment and add the FIN to it.
        func sendGathered(isEndNext: Bool = false) -> Outcome {
            isGathering = false
            guard holdsBatch else { return hasFailedToSend ? .failed : .moved(0) }
            let records = batch.bytes
            holdsBatch = false
            batch.release()
            guard !records.isEmpty else { return .moved(0) }
            var moved = 0
            switch sendNow(records, isMoreNext: isEndNext) {
            case .moved(let count): moved = count
            case .wouldBlock: break
            // The records count as unsent for good. So the failure is visible also if another session's claim sent
            // them.
            case .ended, .failed: return .failed
            }
            unsentCount -= moved
            if moved < records.count { keep(UnsafeRawBufferPointer(rebasing: records[moved...])) }
            return .moved(moved)
        }

        private func keep(_ records: UnsafeRawBufferPointer) {
            precondition(unsent == nil, "records were made while others waited")
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count, alignment: 16)
            memory.copyMemory(from: records)
            unsent = memory
            sentOfUnsent = 0
        }

        /// Sends the stored records. Returns `.wouldBlock` if the socket accepted none and some are left.
        func sendUnsent() -> Outcome {
            guard let records = unsent else { return hasFailedToSend ? .failed : .moved(0) }
            var moved = 0
            while sentOfUnsent < records.count {
                switch sendNow(UnsafeRawBufferPointer(rebasing: records[sentOfUnsent...])) {
                case .moved(let count):
                    sentOfUnsent += count
                    unsentCount -= count
                    moved += count
                case .wouldBlock: return moved > 0 ? .moved(moved) : .wouldBlock
                case let other: return other
                }
            }
            records.deallocate()
            unsent = nil
            return .moved(moved)
        }

        /// Records wait for a writable socket.
        var isBlocked: Bool { unsent != nil }

        // MARK: For OpenSSL

        /// Reads for OpenSSL. During a handshake OpenSSL requests a few bytes at a time, so that it reads nothing
        /// beyond the handshake. One system call still fetches many of them.
        func receiveInPieces(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
            guard refusal == nil else { return .failed }
            guard received == nil else { return .moved(takeReceived(upTo: buffer)) }
            guard buffer.count < TLSSocket.flight else { return bounded(receive(into: buffer), in: buffer) }
            inbox.vacate()
            let flight = UnsafeMutableRawBufferPointer(
                rebasing: inbox.room(forContent: TLSSocket.flight)[..<TLSSocket.flight])
            let outcome = bounded(receive(into: flight), in: flight)
            guard case .moved(let count) = outcome else { return outcome }
            putBack(UnsafeRawBufferPointer(rebasing: flight[..<count]))
            return .moved(takeReceived(upTo: buffer))
        }

        /// Checks a client's bytes against the bound before the server's answer.
        private func bounded(_ outcome: Outcome, in buffer: UnsafeMutableRawBufferPointer) -> Outcome {
            guard case .moved(let count) = outcome, helloBound != nil else { return outcome }
            if helloBound?.allows(UnsafeRawBufferPointer(rebasing: buffer[..<count])) == true { return outcome }
            refusal = .helloTooLarge
            return .failed
        }

        private func takeReceived(upTo buffer: UnsafeMutableRawBufferPointer) -> Int {
            guard let memory = received else { return 0 }
            let count = min(buffer.count, memory.count - receivedStart)
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[receivedStart..<(receivedStart + count)]))
            receivedStart += count
            if receivedStart == memory.count {
                memory.deallocate()
                received = nil
            }
            return count
        }

        func receive(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
            if isDrained { return .wouldBlock }
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 {
                isDrained = count < buffer.count
                return .moved(count)
            }
            if count == 0 {
                isAtEnd = true
                return .ended
            }
            return failure()
        }

        func send(_ record: UnsafeRawBufferPointer) -> Outcome {
            if isGathering {
                guard let target = room(forRecord: record.count), let source = record.baseAddress else {
                    return .wouldBlock
                }
                target.copyMemory(from: source, byteCount: record.count)
                gathered(record: record.count)
                return .moved(record.count)
            }
            // Records keep their order.
            if case .failed = sendGathered() { return .failed }
            if isBlocked {
                if case .failed = sendUnsent() { return .failed }
                if isBlocked { return .wouldBlock }
            }
            return sendNow(record)
        }

        private func sendNow(_ records: UnsafeRawBufferPointer, isMoreNext: Bool = false) -> Outcome {
            let flags = Int32(MSG_NOSIGNAL) | (isMoreNext ? Int32(MSG_MORE) : 0)
            let count = Glibc.send(descriptor, records.baseAddress, records.count, flags)
            if count >= 0 {
                hasSent = true
                return .moved(count)
            }
            let outcome = failure()
            if case .failed = outcome { hasFailedToSend = true }
            return outcome
        }

        private func failure() -> Outcome {
            let code = errno
            if code == EAGAIN || code == EINTR { return .wouldBlock }
            failureCode = code
            return .failed
        }
    }
#endif
