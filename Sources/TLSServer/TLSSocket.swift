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

        private let descriptor: Int32
        private let batch: TLSBatch
        private var isGathering = false
        /// The last read took all that there was.
        private(set) var isDrained = false
        /// The peer has ended its direction.
        private(set) var isAtEnd = false
        /// The errno of the last call that failed; 0 when none has.
        private(set) var failureCode: Int32 = 0
        /// Records that the socket did not take, as far as they are left. At most one batch.
        private var unsent: UnsafeMutableRawBufferPointer?
        private var sentOfUnsent = 0

        /// - Parameter descriptor: stays open for as long as this lives.
        init(descriptor: Int32, batch: TLSBatch) {
            self.descriptor = descriptor
            self.batch = batch
        }

        deinit { unsent?.deallocate() }

        /// Records wait until the socket is writable.
        var hasUnsent: Bool { unsent != nil }

        // MARK: For the transport

        /// The socket may have something again.
        func beginReading() { isDrained = false }

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
