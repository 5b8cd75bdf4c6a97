#if TLS
    package import Sockets

    /// Wraps the sockets of one loop in TLS.
    package final class TLSTransportProvider: TransportProvider {
        private(set) var server: TLSContext?
        private(set) var client: TLSContext?

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

        /// Takes over the contexts of `other`; sessions that stand keep theirs.
        package override func adopt(_ other: TransportProvider) {
            guard let other = other as? TLSTransportProvider else { return }
            server = other.server
            client = other.client
        }
    }
#endif
