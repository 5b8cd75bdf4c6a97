#if TLS
    /// What the sessions of one context, and so of one loop, work with. Nothing of a session stays here between two calls.
    final class TLSWorkspace {
        let batch = TLSBatch()
        let inbox = TLSInbox()
        /// By the names of the hashes; filled as suites are met.
        private var derivations: [String: KeyDerivation] = [:]

        /// What the keys of a suite are derived with; nil when OpenSSL has no memory.
        func derivation(for suite: CipherSuite) -> KeyDerivation? {
            if let known = derivations[suite.hashName] { return known }
            let new = KeyDerivation(hashName: suite.hashName, hashSize: suite.hashSize)
            derivations[suite.hashName] = new
            return new
        }
    }
#endif
