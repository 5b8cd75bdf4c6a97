#if TLS
    /// A certificate, key or CA file that can't be used: one line that says which, why, and what to do.
    package struct TLSConfigurationError: Error, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) {
            self.description = description
        }
    }
#endif
