#if TLS
    internal import COpenSSL

    /// OpenSSL as a whole.
    enum OpenSSLLibrary {
        /// Has to be touched before any other function of OpenSSL is called: sets it up without its clean-up at exit.
        ///
        /// By itself OpenSSL frees its locks and tables when the process leaves `main`, while the threads of the loops go
        /// on: a handshake at that moment crashes a process that was about to end with 0. The kernel cleans up as well.
        static let isReady: Bool =
            OPENSSL_init_ssl(UInt64(OPENSSL_INIT_NO_ATEXIT) | UInt64(OPENSSL_INIT_LOAD_SSL_STRINGS), nil) == 1
    }
#endif
