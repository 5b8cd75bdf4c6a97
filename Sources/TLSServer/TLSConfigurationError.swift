#if TLS
    /// An unusable certificate, key or CA file. The description is one line: the file, the reason and the cure.
    package struct TLSConfigurationError: Error, Sendable, CustomStringConvertible {
        package let description: String

        init(_ description: String) {
            self.description = description
        }
    }
#endif
