#if TLS
    internal import COpenSSL
    private import Glibc

    /// The PEM files of a certificate chain and of its key.
    package struct TLSCredentials: Sendable {
        package let certificate: String
        package let key: String

        package init(certificate: String, key: String) {
            self.certificate = certificate
            self.key = key
        }

        /// Throws if other users can read the key, because then it is no longer secret.
        func check() throws(TLSConfigurationError) {
            for path in [certificate, key] where access(path, R_OK) != 0 {
                throw TLSConfigurationError("\(path) can't be read: \(String(cString: strerror(errno)))")
            }
            var status = stat()
            guard stat(key, &status) == 0 else { return }
            guard status.st_mode & S_IFMT == S_IFREG else { throw TLSConfigurationError("\(key) is no file") }
            guard status.st_mode & 0o077 == 0 else {
                throw TLSConfigurationError("\(key) can be read by others: run 'chmod 600 \(key)', or make a new key")
            }
        }

        /// The certificate of the key stands behind another certificate in the file. The first certificate of a chain must
        /// be the leaf (RFC 8446, 4.4.2).
        var isLeafMisplaced: Bool {
            guard let keyFile = BIO_new_file(key, "r"), let chainFile = BIO_new_file(certificate, "r") else {
                _ = OpenSSLError.drain()
                return false
            }
            defer {
                BIO_free(keyFile)
                BIO_free(chainFile)
                // The end of the file is an error too.
                _ = OpenSSLError.drain()
            }
            // A passphrase is not asked for.
            guard let key = PEM_read_bio_PrivateKey(keyFile, nil, { _, _, _, _ in -1 }, nil) else { return false }
            defer { EVP_PKEY_free(key) }
            var position = 0
            while position < TLSCredentials.maximumChain, let next = PEM_read_bio_X509(chainFile, nil, nil, nil) {
                defer { X509_free(next) }
                if X509_check_private_key(next, key) == 1 { return position > 0 }
                position += 1
            }
            return false
        }

        private static let maximumChain = 16
    }

    /// The trust of the cluster sides.
    package struct TLSTrust: Sendable {
        /// The file of the cluster's CA certificate, PEM.
        package let authority: String
        /// The file of the CA's revocation list, PEM; nil if there is none.
        package let revocations: String?

        package init(authority: String, revocations: String?) {
            self.authority = authority
            self.revocations = revocations
        }
    }
#endif
