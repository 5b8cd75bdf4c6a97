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
        private let workspace: TLSWorkspace
        private var isGathering = false
        /// The last read took all that there was.
        private(set) var isDrained = false
        /// The peer has ended its direction.
        private(set) var isAtEnd = false
        /// The errno of the last call that failed; 0 when none has.
        private(set) var failureCode: Int32 = 0
        /// Received, and not taken by anybody yet.
        private var received: UnsafeMutableRawBufferPointer?
        private var receivedStart = 0
        /// Records that the socket did not take, as far as they are left. At most one batch.
        private var unsent: UnsafeMutableRawBufferPointer?
        private var sentOfUnsent = 0

        /// - Parameter descriptor: stays open for as long as this lives.
        init(descriptor: Int32, workspace: TLSWorkspace) {
            self.descriptor = descriptor
            self.workspace = workspace
        }

        private var batch: TLSBatch { workspace.batch }

        deinit {
            unsent?.deallocate()
            received?.deallocate()
        }

        /// Records wait until the socket is writable.
        var hasUnsent: Bool { unsent != nil }

        // MARK: For the transport

        /// The socket may have something again.
        func beginReading() { isDrained = false }

        /// Something was received and not taken.
        var hasReceived: Bool { received != nil }

        /// Moves what was received and not taken to the inbox, which holds nothing else then.
        func moveReceived(to inbox: TLSInbox) {
            inbox.count = 0
            guard let memory = received else { return }
            let rest = UnsafeRawBufferPointer(rebasing: memory[receivedStart...])
            inbox.append(rest)
            memory.deallocate()
            received = nil
        }

        /// Keeps what nobody took.
        func putBack(_ bytes: UnsafeRawBufferPointer) {
            guard !bytes.isEmpty else { return }
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
            memory.copyMemory(from: bytes)
            received = memory
            receivedStart = 0
        }

        /// From now on records are gathered.
        func beginGathering() { isGathering = true }

        /// Sends what was gathered. What the socket does not take is kept, see `hasUnsent`.
        func sendGathered() -> Outcome {
            isGathering = false
            defer { batch.removeAll() }
            guard batch.count > 0 else { return .moved(0) }
            switch sendNow(batch.bytes) {
            case .moved(let count):
                if count < batch.count { keep(UnsafeRawBufferPointer(rebasing: batch.bytes[count...])) }
                return .moved(count)
            case .wouldBlock:
                keep(batch.bytes)
                return .moved(0)
            case .ended, .failed: return .failed
            }
        }

        private func keep(_ records: UnsafeRawBufferPointer) {
            precondition(unsent == nil, "records were made while others waited")
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: records.count, alignment: 16)
            memory.copyMemory(from: records)
            unsent = memory
            sentOfUnsent = 0
        }

        /// Sends what was kept; `.wouldBlock` when some of it still is.
        func sendUnsent() -> Outcome {
            guard let records = unsent else { return .moved(0) }
            while sentOfUnsent < records.count {
                switch sendNow(UnsafeRawBufferPointer(rebasing: records[sentOfUnsent...])) {
                case .moved(let count): sentOfUnsent += count
                case let other: return other
                }
            }
            records.deallocate()
            unsent = nil
            return .moved(records.count)
        }

        // MARK: For OpenSSL

        /// What OpenSSL asks for. In a handshake that is a few bytes at a time, so that it takes nothing of what follows; they come
        /// with one system call all the same.
        func receiveInPieces(into buffer: UnsafeMutableRawBufferPointer) -> Outcome {
            guard received == nil else { return .moved(takeReceived(upTo: buffer)) }
            guard buffer.count < TLSSocket.flight else { return receive(into: buffer) }
            let flight = UnsafeMutableRawBufferPointer(start: workspace.inbox.memory, count: TLSSocket.flight)
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
            if isGathering { return batch.append(record) ? .moved(record.count) : .wouldBlock }
            if hasUnsent {
                switch sendUnsent() {
                case .moved: break
                case let other: return other
                }
            }
            return sendNow(record)
        }

        private func sendNow(_ records: UnsafeRawBufferPointer) -> Outcome {
            let count = Glibc.send(descriptor, records.baseAddress, records.count, Int32(MSG_NOSIGNAL))
            return count >= 0 ? .moved(count) : failure()
        }

        private func failure() -> Outcome {
            let code = errno
            if code == EAGAIN || code == EINTR { return .wouldBlock }
            failureCode = code
            return .failed
        }
    }
#endif
