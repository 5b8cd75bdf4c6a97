#if TLS
    private import Glibc

    /// The files of a certificate chain and of its key, PEM.
    package struct TLSCredentials: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }

        /// Refuses a key that others can read: it is not a secret any more.
        func check() throws(TLSConfigurationError) {
            for path in [certificate, key] where access(path, R_OK) != 0 {
                throw TLSConfigurationError("\(path): \(String(cString: strerror(errno)))")
            }
            var status = stat()
            guard stat(key, &status) == 0 else { return }
            guard status.st_mode & S_IFMT == S_IFREG else { throw TLSConfigurationError("\(key) is no file") }
            guard status.st_mode & 0o077 == 0 else {
                throw TLSConfigurationError("\(key) can be read by others: run 'chmod 600 \(key)', or make a new key")
            }
        }
    }

    /// Whom the cluster sides believe.
    package struct TLSTrust: Sendable {
        /// The cluster's CA certificate, PEM.
        package let authority: String
        /// The CA's list of revoked certificates, PEM; nil when there is none yet.
        package let revocations: String?

        package init(authority: String, revocations: String?) {
            self.authority = authority
            self.revocations = revocations
        }
    }
#endif
