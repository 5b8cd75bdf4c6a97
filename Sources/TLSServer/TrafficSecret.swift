#if TLS
    internal import COpenSSL

    /// The shared secret of one direction. Its keys derive from it (RFC 8446, 7).
    struct TrafficSecret {
        /// The number of bytes is the size of the suite's hash.
        private var bytes: [UInt8]
        let suite: CipherSuite
        private let derivation: KeyDerivation

        /// Fails if the size is not the size of the suite's hash.
        init?(_ bytes: [UInt8], suite: CipherSuite, derivation: KeyDerivation) {
            guard bytes.count == suite.hashSize, derivation.hashSize == suite.hashSize else { return nil }
            self.bytes = bytes
            self.suite = suite
            self.derivation = derivation
        }

        /// Derives key and nonce of the records under this secret (RFC 8446, 7.3). Returns nil if OpenSSL fails.
        func withKeys<Result>(_ body: (_ key: UnsafePointer<UInt8>, _ nonce: UnsafePointer<UInt8>) -> Result?)
            -> Result?
        {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: suite.keySize + CipherSuite.nonceSize) { memory in
                let key = UnsafeMutableBufferPointer(rebasing: memory[..<suite.keySize])
                let nonce = UnsafeMutableBufferPointer(rebasing: memory[suite.keySize...])
                defer { OPENSSL_cleanse(memory.baseAddress, memory.count) }
                guard derivation.expand(bytes, "key", into: key), derivation.expand(bytes, "iv", into: nonce),
                    let keyStart = key.baseAddress, let nonceStart = nonce.baseAddress
                else { return nil }
                return body(keyStart, nonceStart)
            }
        }

        /// Derives the next secret, after a KeyUpdate (RFC 8446, 7.2). Returns false if OpenSSL fails.
        mutating func update() -> Bool {
            let size = suite.hashSize
            return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: size) { memory in
                defer { OPENSSL_cleanse(memory.baseAddress, size) }
                guard derivation.expand(bytes, "traffic upd", into: memory) else { return false }
                for index in 0..<size { bytes[index] = memory[index] }
                return true
            }
        }

        /// Overwrites the secret in memory.
        mutating func erase() {
            bytes.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
        }
    }
#endif
