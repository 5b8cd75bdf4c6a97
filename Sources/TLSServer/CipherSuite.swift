#if TLS
    internal import COpenSSL

    /// A cipher suite of TLS 1.3 (RFC 8446, B.4) whose records we make and open ourselves.
    struct CipherSuite: @unchecked Sendable {
        static let nonceSize = 12

        /// The number by which the suite goes on the wire.
        let id: UInt16
        let cipher: OpaquePointer
        let hashName: String
        let keySize: Int
        let hashSize: Int
        /// Records under one key, after which there has to be another (RFC 8446, 5.5).
        let recordLimit: UInt64

        /// Nil for a suite that is not among ours.
        static func suite(id: UInt16) -> CipherSuite? { all.first { $0.id == id } }

        /// Made once, read by all threads, never freed.
        private static let all: [CipherSuite] = [
            CipherSuite(id: 0x1301, cipher: "AES-128-GCM", hash: "SHA256", hashSize: 32, recordLimit: 1 << 24),
            CipherSuite(id: 0x1302, cipher: "AES-256-GCM", hash: "SHA384", hashSize: 48, recordLimit: 1 << 24),
            CipherSuite(id: 0x1303, cipher: "ChaCha20-Poly1305", hash: "SHA256", hashSize: 32, recordLimit: 1 << 48),
        ].compactMap(\.self)

        /// Nil when OpenSSL was built, or configured, without it.
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
        }
    }
#endif
