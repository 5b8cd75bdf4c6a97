#if TLS
    internal import COpenSSL

    /// A TLS 1.3 cipher suite (RFC 8446, B.4) that this module's own record layer supports.
    struct CipherSuite: @unchecked Sendable {
        static let nonceSize = 12

        /// The suite's number in messages.
        let id: UInt16
        let cipher: OpaquePointer
        let hashName: String
        let keySize: Int
        let hashSize: Int
        /// The most records under one key. After them the sender has to change the key (RFC 8446, 5.5).
        let recordLimit: UInt64
        /// `shim_gcm_set_nonce` works: OpenSSL makes the same record as with `EVP_CipherInit_ex2`.
        private(set) var hasQuickNonce = false

        /// Returns nil for a suite that this module does not support.
        static func suite(id: UInt16) -> CipherSuite? { all.first { $0.id == id } }

        /// Created once, read by all threads, never freed.
        private static let all: [CipherSuite] = [
            CipherSuite(id: 0x1301, cipher: "AES-128-GCM", hash: "SHA256", hashSize: 32, recordLimit: 1 << 24),
            CipherSuite(id: 0x1302, cipher: "AES-256-GCM", hash: "SHA384", hashSize: 48, recordLimit: 1 << 24),
            CipherSuite(id: 0x1303, cipher: "ChaCha20-Poly1305", hash: "SHA256", hashSize: 32, recordLimit: 1 << 48),
        ].compactMap(\.self)

        /// Fails if OpenSSL was built or configured without the suite.
        private init?(id: UInt16, cipher: String, hash: String, hashSize: Int, recordLimit: UInt64) {
            guard OpenSSLLibrary.isReady, let cipher = EVP_CIPHER_fetch(nil, cipher, nil) else {
                _ = OpenSSLError.drain()
                return nil
            }
            self.id = id
            self.cipher = cipher
            hashName = hash
            self.hashSize = hashSize
            keySize = Int(EVP_CIPHER_get_key_length(cipher))
            self.recordLimit = recordLimit
            hasQuickNonce = isNonceQuick()
        }

        /// Compares a record of each way to set the nonce. Only GCM has the quick way, and OpenSSL may change it.
        private func isNonceQuick() -> Bool {
            guard EVP_CIPHER_get_mode(cipher) == EVP_CIPH_GCM_MODE else { return false }
            defer { _ = OpenSSLError.drain() }
            guard let slow = trialRecord(quick: false), let quick = trialRecord(quick: true) else { return false }
            return slow == quick
        }

        /// The second of two records: a context is used again for each record.
        private func trialRecord(quick: Bool) -> [UInt8]? {
            guard let context = EVP_CIPHER_CTX_new() else { return nil }
            defer { EVP_CIPHER_CTX_free(context) }
            let key = [UInt8](repeating: 7, count: keySize)
            guard EVP_CipherInit_ex2(context, cipher, key, nil, 1, nil) == 1 else { return nil }
            var record = [UInt8](repeating: 0, count: 32 + 16)
            for number in 1...2 {
                var nonce = (0..<CipherSuite.nonceSize).map { UInt8($0 + number) }
                let isSet =
                    if quick {
                        shim_gcm_set_nonce(context, &nonce, nil, 0)
                    } else {
                        EVP_CipherInit_ex2(context, nil, nil, nonce, -1, nil)
                    }
                let content = [UInt8](repeating: 0, count: 32)
                var count: Int32 = 0
                let isSealed = record.withUnsafeMutableBufferPointer { bytes in
                    EVP_EncryptUpdate(context, bytes.baseAddress, &count, content, 32) == 1
                        && EVP_EncryptFinal_ex(context, bytes.baseAddress.map { $0 + 32 }, &count) == 1
                        && EVP_CIPHER_CTX_ctrl(
                            context, EVP_CTRL_AEAD_GET_TAG, 16, bytes.baseAddress.map { $0 + 32 }) == 1
                }
                guard isSet == 1, isSealed else { return nil }
            }
            return record
        }
    }
#endif
