#if TLS
    package import Sockets

    /// Wraps the sockets of one loop in TLS.
    package final class TLSTransportProvider: TransportProvider {
        private let server: TLSContext?
        private let client: TLSContext?

        /// - Parameters:
        ///   - server: for accepted connections; nil where none are accepted.
        ///   - client: for connections that we make; nil where none are made.
        package init(server: TLSContext?, client: TLSContext?) {
            self.server = server
            self.client = client
            super.init()
        }

        package override func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? {
            guard let server else { return nil }
            return TLSTransport(descriptor, context: server, host: nil)
        }

        package override func connecting(_ descriptor: consuming FileDescriptor, host: String) -> SocketTransport? {
            guard let client else { return nil }
            return TLSTransport(descriptor, context: client, host: host)
        }
    }
#endif
