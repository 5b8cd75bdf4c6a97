#if TLS
    /// The memory that the sessions of one context, and so of one loop, share. It holds no state of a session between
    /// two calls.
    final class TLSWorkspace {
        let batch = TLSBatch()
        let inbox = TLSInbox()
        /// Indexed by the name of the hash. Filled on first use.
        private var derivations: [String: KeyDerivation] = [:]

        /// Returns the key derivation of a suite, or nil if OpenSSL has no memory.
        func derivation(for suite: CipherSuite) -> KeyDerivation? {
            if let known = derivations[suite.hashName] { return known }
            let new = KeyDerivation(hashName: suite.hashName, hashSize: suite.hashSize)
            derivations[suite.hashName] = new
            return new
        }
    }
#endif
