#if TLS
    internal import COpenSSL

    /// What both sides agreed on for one direction, and what its keys come from (RFC 8446, 7).
    struct TrafficSecret {
        /// As many as the suite's hash has.
        private var bytes: [UInt8]
        let suite: CipherSuite
        private let derivation: KeyDerivation

        /// Nil when a size is not the one of the suite's hash.
        init?(_ bytes: [UInt8], suite: CipherSuite, derivation: KeyDerivation) {
            guard bytes.count == suite.hashSize, derivation.hashSize == suite.hashSize else { return nil }
            self.bytes = bytes
            self.suite = suite
            self.derivation = derivation
        }

        /// Key and nonce of the records under this secret (RFC 8446, 7.3); nil when OpenSSL fails.
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

        /// Goes on to the next generation, after a KeyUpdate (RFC 8446, 7.2); false when OpenSSL fails.
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
