#if TLS
    private import Glibc
    internal import Sockets

    /// The socket under one session, as OpenSSL reads and writes it (`TLSSocketBIO`).
    ///
    /// It differs from OpenSSL's own in two ways. The records of one write are gathered and leave in one system call. And a socket
    /// that gave less than it was asked for is not asked again in the same read: there would be nothing.
    final class TLSSocket {
        /// How a system call went.
        enum Outcome {
            case moved(Int)
            case wouldBlock
            /// The peer has ended its direction.
            case ended
            case failed
        }

        /// Bytes taken at once in a handshake.
        private static let flight = 4 << 10

        private let descriptor: Int32
        private let batch: TLSBatch
        private let inbox: TLSInbox
        private var holdsBatch = false
        private var holdsInbox = false
        private var isGathering = false
        /// The last read took all that there was.
        private(set) var isDrained = false
        /// The peer has ended its direction.
        private(set) var isAtEnd = false
        /// The errno of the last call that failed; 0 when none has.
        private(set) var failureCode: Int32 = 0
        /// Something has been sent.
        private(set) var hasSent = false
        /// A system call to send has failed: nothing more can be sent.
        private(set) var hasFailedToSend = false
        /// Received, and not taken by anybody yet; while this socket holds the inbox, it is there instead.
        private var received: UnsafeMutableRawBufferPointer?
        private var receivedStart = 0
        /// Records that the socket did not take, as far as they are left. At most one batch.
        private var unsent: UnsafeMutableRawBufferPointer?
        private var sentOfUnsent = 0

        /// - Parameter descriptor: stays open for as long as this lives.
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

        /// Bytes of records that wait, in the batch or until the socket is writable.
        private(set) var unsentCount = 0

        // MARK: For the transport

        /// The socket may have something again.
        func beginReading() { isDrained = false }

        /// What was received and not taken.
        var receivedBytes: UnsafeRawBufferPointer {
            if let received { return UnsafeRawBufferPointer(rebasing: received[receivedStart...]) }
            return holdsInbox ? UnsafeRawBufferPointer(inbox.bytes) : .empty
        }

        /// What was received and not taken, in the inbox, which is this socket's then.
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

        /// Another wants the inbox: what is left there moves to memory of this one's own.
        func leaveInbox() {
            holdsInbox = false
            putBack(UnsafeRawBufferPointer(inbox.bytes))
        }

        /// The first bytes of the inbox, which is this socket's, are taken.
        func tookReceived(_ count: Int) { inbox.took(count) }

        /// Receives into the inbox, which is this socket's, as much as the records of so much content.
        func receiveMore(forContent contentSize: Int) -> Outcome {
            let outcome = receive(into: inbox.room(forContent: contentSize))
            if case .moved(let count) = outcome { inbox.received(count) }
            return outcome
        }

        /// Keeps what nobody took.
        func putBack(_ bytes: UnsafeRawBufferPointer) {
            guard !bytes.isEmpty else { return }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            memory.copyMemory(from: bytes)
            received = memory
            receivedStart = 0
        }

        /// From now on records are gathered, behind those that are.
        func beginGathering() {
            if !holdsBatch {
                batch.claim(for: self)
                holdsBatch = true
            }
            isGathering = true
        }

        /// Where a record of this size can be made, behind those that are gathered; nil when there is no room.
        func room(forRecord size: Int) -> UnsafeMutableRawPointer? { batch.room(for: size) }

        /// A record was made in the room that was given.
        func gathered(record size: Int) {
            batch.took(size)
            unsentCount += size
        }

        /// What was gathered may wait for more.
        func endGathering() { isGathering = false }

        /// Sends what was gathered. What the socket does not take is kept, see `isBlocked`.
        ///
        /// - Parameter isEndNext: our direction of the socket is ended right after this: the kernel may keep the last segment for
        ///   as long, and puts the FIN into it.
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
            // They count as not sent for good: so whoever looks is told, also when it was another session that wanted the batch.
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

        /// Sends what was kept; `.wouldBlock` when none of it could go and some still is.
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

        /// Records wait until the socket is writable.
        var isBlocked: Bool { unsent != nil }

        // MARK: For OpenSSL

        /// What OpenSSL asks for. In a handshake that is a few bytes at a time, so that it takes nothing of what follows; they come
        /// with one system call all the same.
        func receiveInPieces(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
            guard received == nil else { return .moved(takeReceived(upTo: buffer)) }
            guard buffer.count < TLSSocket.flight else { return receive(into: buffer) }
            inbox.vacate()
            let flight = UnsafeMutableRawBufferPointer(
                rebasing: inbox.room(forContent: TLSSocket.flight)[..<TLSSocket.flight])
            let outcome = receive(into: flight)
            guard case .moved(let count) = outcome else { return outcome }
            putBack(UnsafeRawBufferPointer(rebasing: flight[..<count]))
            return .moved(takeReceived(upTo: buffer))
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
