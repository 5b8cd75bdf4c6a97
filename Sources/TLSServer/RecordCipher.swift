#if TLS
    internal import COpenSSL

    /// Encrypts or decrypts the records of one direction of a connection (RFC 8446, 5.2 to 5.5), with OpenSSL's
    /// ciphers.
    final class RecordCipher {
        enum Direction { case seal, open }

        private let context: OpaquePointer
        private var secret: TrafficSecret
        private let direction: Direction
        private let hasQuickNonce: Bool
        /// The fixed part of each record's nonce: the first 4 bytes in order, the others as a number.
        private var nonceStart: UInt32 = 0
        private var nonceEnd: UInt64 = 0
        /// The number of records under the current key.
        private var sequence: UInt64

        /// - Parameter sequence: the number of earlier records with this secret.
        init?(_ direction: Direction, secret: TrafficSecret, sequence: UInt64 = 0) {
            guard let context = EVP_CIPHER_CTX_new() else { return nil }
            self.context = context
            self.secret = secret
            self.direction = direction
            hasQuickNonce = secret.suite.hasQuickNonce
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

        /// The key has reached its limit. It must be updated before the next record.
        var isUsedUp: Bool { sequence >= secret.suite.recordLimit }

        /// Derives the next key (RFC 8446, 4.6.3).
        func update() -> Bool {
            sequence = 0
            return secret.update() && setKey()
        }

        /// Sets the nonce of the next record (RFC 8446, 5.3) and counts the record.
        ///
        /// - Parameter tag: the expected tag of a record to open.
        private func beginRecord(_ header: UnsafeRawPointer, tag: UnsafeMutableRawPointer? = nil) -> Bool {
            let nonce = (nonceStart, (nonceEnd ^ sequence).bigEndian)
            sequence &+= 1
            var unused: Int32 = 0
            return withUnsafeTemporaryAllocation(byteCount: CipherSuite.nonceSize, alignment: 8) { memory in
                memory.storeBytes(of: nonce.0, as: UInt32.self)
                memory.storeBytes(of: nonce.1, toByteOffset: 4, as: UInt64.self)
                return setNonce(memory.baseAddress, tag: tag)
                    && EVP_CipherUpdate(
                        context, nil, &unused, header.assumingMemoryBound(to: UInt8.self),
                        Int32(RecordFormat.headerSize)) == 1
            }
        }

        private func setNonce(_ nonce: UnsafeMutableRawPointer?, tag: UnsafeMutableRawPointer?) -> Bool {
            if hasQuickNonce { return shim_gcm_set_nonce(context, nonce, tag, RecordFormat.tagSize) == 1 }
            let bytes = nonce?.assumingMemoryBound(to: UInt8.self)
            guard EVP_CipherInit_ex2(context, nil, nil, bytes, -1, nil) == 1 else { return false }
            guard let tag else { return true }
            return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(RecordFormat.tagSize), tag) == 1
        }

        /// Writes a record of `content` and the following bytes to `target`, which has room for it. Returns the
        /// record's size, or nil if OpenSSL fails.
        func seal(
            _ content: UnsafeRawBufferPointer,
            _ more: UnsafeRawBufferPointer = .empty,
            as type: ContentType, at target: UnsafeMutableRawPointer
        ) -> Int? {
            seal(content, more, innerType: type.rawValue, at: target)
        }

        /// Does the same with any byte as the last one: an unknown type, or padding.
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

        /// Decrypts a record into `target`, which may overlap the record. `target` has room for the record without
        /// header and tag. Returns the number of bytes: content, type and padding. Returns nil if the record was not
        /// made with this key.
        ///
        /// - Parameter record: one complete record with its header.
        func open(_ record: UnsafeMutableRawBufferPointer, into target: UnsafeMutableRawPointer) -> Int? {
            guard let header = record.baseAddress else { return nil }
            let count = record.count - RecordFormat.headerSize - RecordFormat.tagSize
            let sealed = (header + RecordFormat.headerSize).assumingMemoryBound(to: UInt8.self)
            let opened = target.assumingMemoryBound(to: UInt8.self)
            var moved: Int32 = 0
            guard beginRecord(header, tag: sealed + count),
                EVP_DecryptUpdate(context, opened, &moved, sealed, Int32(count)) == 1,
                EVP_DecryptFinal_ex(context, opened + count, &moved) == 1
            else { return nil }
            return count
        }
    }
#endif
