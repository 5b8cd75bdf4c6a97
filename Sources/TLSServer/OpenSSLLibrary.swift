#if TLS
    internal import COpenSSL

    /// The OpenSSL library of the process.
    enum OpenSSLLibrary {
        /// Initializes OpenSSL without its clean-up at exit. Read this before the first call of any other OpenSSL
        /// function.
        ///
        /// By default OpenSSL frees its locks and tables when the process leaves `main`, while the loops' threads still
        /// run. A handshake at that moment would crash a process that is about to end with 0. The kernel frees the
        /// memory anyway.
        static let isReady: Bool =
            OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_ATEXIT) | UInt64(OPENSSL_INIT_LOAD_SSL_STRINGS), nil) == 1
    }
#endif
