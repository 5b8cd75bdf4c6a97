#if TLS
    internal import COpenSSL

    /// HKDF-Expand-Label with an empty context (RFC 8446, 7.1) over one hash. An instance belongs to one thread.
    final class KeyDerivation {
        private let mac: OpaquePointer
        let hashSize: Int

        /// Fails if OpenSSL lacks the hash or has no memory.
        init?(hashName: String, hashSize: Int) {
            guard let mac = shim_hmac_new(hashName) else { return nil }
            self.mac = mac
            self.hashSize = hashSize
        }

        deinit { EVP_MAC_CTX_free(mac) }

        /// Fills `target`, which has at most the size of the hash. So the first block of HKDF-Expand suffices (RFC
        /// 5869, 2.3).
        ///
        /// - Returns: false if OpenSSL fails.
        func expand(_ secret: [UInt8], _ label: StaticString, into target: UnsafeMutableBufferPointer<UInt8>) -> Bool {
            let prefix: StaticString = "tls13 "
            let nameSize = prefix.utf8CodeUnitCount + label.utf8CodeUnitCount
            let infoSize = 2 + 1 + nameSize + 1
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: infoSize + 1 + hashSize) { memory in
                guard let info = memory.baseAddress, target.count <= hashSize else { return false }
                info[0] = UInt8(truncatingIfNeeded: target.count >> 8)
                info[1] = UInt8(truncatingIfNeeded: target.count)
                info[2] = UInt8(truncatingIfNeeded: nameSize)
                (info + 3).update(from: prefix.utf8Start, count: prefix.utf8CodeUnitCount)
                (info + 3 + prefix.utf8CodeUnitCount).update(from: label.utf8Start, count: label.utf8CodeUnitCount)
                info[infoSize - 1] = 0
                // The number of the HKDF block.
                info[infoSize] = 1
                let output = info + infoSize + 1
                defer { OPENSSL_cleanse(output, hashSize) }
                var size = 0
                guard EVP_MAC_init(mac, secret, secret.count, nil) == 1, EVP_MAC_update(mac, info, infoSize + 1) == 1,
                    EVP_MAC_final(mac, output, &size, hashSize) == 1, size == hashSize
                else { return false }
                target.baseAddress?.update(from: output, count: target.count)
                return true
            }
        }
    }
#endif
