#if TLS
    internal import COpenSSL

    /// Makes or opens the records of one direction of a connection (RFC 8446, 5.2 to 5.5). The ciphers are OpenSSL's.
    final class RecordCipher {
        enum Direction { case seal, open }

        private let context: OpaquePointer
        private var secret: TrafficSecret
        private let direction: Direction
        /// The fixed part of each record's nonce: the first 4 bytes as they are, the others as a number.
        private var nonceStart: UInt32 = 0
        private var nonceEnd: UInt64 = 0
        /// Records under the present key.
        private var sequence: UInt64

        /// - Parameter sequence: records that were made or opened with this secret before.
        init?(_ direction: Direction, secret: TrafficSecret, sequence: UInt64 = 0) {
            guard let context = EVP_CIPHER_CTX_new() else { return nil }
            self.context = context
            self.secret = secret
            self.direction = direction
            self.sequence = sequence
            guard setKey() else { return nil }
        }

        deinit {
            EVP_CIPHER_CTX_free(context)
            secret.erase()
        }

        private func setKey() -> Bool {
            let isSet = secret.withKeys { key, nonce in
                let raw = UnsafeRawPointer(nonce)
                nonceStart = raw.loadUnaligned(as: UInt32.self)
                nonceEnd = UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
                return EVP_CipherInit_ex2(context, secret.suite.cipher, key, nil, direction == .seal ? 1 : 0, nil) == 1
            }
            return isSet == true
        }

        /// The key is used up: it has to be updated before the next record.
        var isUsedUp: Bool { sequence >= secret.suite.recordLimit }

        /// Goes on to the next key (RFC 8446, 4.6.3).
        func update() -> Bool {
            sequence = 0
            return secret.update() && setKey()
        }

        /// Sets the nonce of the next record (RFC 8446, 5.3), and counts it.
        private func beginRecord(_ header: UnsafeRawPointer) -> Bool {
            let nonce = (nonceStart, (nonceEnd ^ sequence).bigEndian)
            sequence &+= 1
            var unused: Int32 = 0
            return withUnsafeTemporaryAllocation(byteCount: CipherSuite.nonceSize, alignment: 8) { memory in
                memory.storeBytes(of: nonce.0, as: UInt32.self)
                memory.storeBytes(of: nonce.1, toByteOffset: 4, as: UInt64.self)
                let bytes = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return EVP_CipherInit_ex2(context, nil, nil, bytes, -1, nil) == 1
                    && EVP_CipherUpdate(
                        context, nil, &unused, header.assumingMemoryBound(to: UInt8.self),
                        Int32(RecordFormat.headerSize)) == 1
            }
        }

        /// Makes a record of `content` and what follows it at `target`, which has room for it, and returns its size; nil when
        /// OpenSSL fails.
        func seal(
            _ content: UnsafeRawBufferPointer,
            _ more: UnsafeRawBufferPointer = .empty,
            as type: ContentType, at target: UnsafeMutableRawPointer
        ) -> Int? {
            seal(content, more, innerType: type.rawValue, at: target)
        }

        /// The same for any last byte: a type that there is not, or padding.
        func seal(
            _ content: UnsafeRawBufferPointer,
            _ more: UnsafeRawBufferPointer = .empty,
            innerType: UInt8, at target: UnsafeMutableRawPointer
        ) -> Int? {
            let size = content.count + more.count
            let sealed = size + 1 + RecordFormat.tagSize
            RecordFormat.putHeader(sealed: sealed, at: target)
            let body = (target + RecordFormat.headerSize).assumingMemoryBound(to: UInt8.self)
            var inner = innerType
            var count: Int32 = 0
            guard beginRecord(target), encrypt(content, at: body), encrypt(more, at: body + content.count),
                EVP_EncryptUpdate(context, body + size, &count, &inner, 1) == 1,
                EVP_EncryptFinal_ex(context, body + size + 1, &count) == 1,
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(RecordFormat.tagSize), body + size + 1) == 1
            else { return nil }
            return RecordFormat.headerSize + sealed
        }

        private func encrypt(_ content: UnsafeRawBufferPointer, at target: UnsafeMutablePointer<UInt8>) -> Bool {
            guard let source = content.baseAddress, !content.isEmpty else { return true }
            var count: Int32 = 0
            return EVP_EncryptUpdate(
                context, target, &count, source.assumingMemoryBound(to: UInt8.self), Int32(content.count)) == 1
        }

        /// Opens a record into `target`, which has room for all of it but header and tag, and may be where the sealed bytes
        /// are. Returns how many bytes there are: content, type and padding. Nil when it was not made with our key.
        ///
        /// - Parameter record: one whole record with its header.
        func open(_ record: UnsafeMutableRawBufferPointer, into target: UnsafeMutableRawPointer) -> Int? {
            guard let header = record.baseAddress else { return nil }
            let count = record.count - RecordFormat.headerSize - RecordFormat.tagSize
            let sealed = (header + RecordFormat.headerSize).assumingMemoryBound(to: UInt8.self)
            let opened = target.assumingMemoryBound(to: UInt8.self)
            var moved: Int32 = 0
            guard beginRecord(header),
                EVP_DecryptUpdate(context, opened, &moved, sealed, Int32(count)) == 1,
                EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(RecordFormat.tagSize), sealed + count) == 1,
                EVP_DecryptFinal_ex(context, opened + count, &moved) == 1
            else { return nil }
            return count
        }
    }
#endif
