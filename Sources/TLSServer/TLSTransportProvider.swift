#if TLS
    package import Sockets

    /// Makes TLS transports for the sockets of one loop.
    package final class TLSTransportProvider: TransportProvider {
        private(set) var server: TLSContext?
        private(set) var client: TLSContext?

        /// - Parameters:
        ///   - server: for accepted connections; nil if this loop accepts none.
        ///   - client: for outgoing connections; nil if this loop makes none.
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

        /// Takes over the contexts of `other`. Existing sessions keep their own. A handshake in progress ends by the
        /// certificates of its beginning, and then the new ones judge its peer too.
        package override func adopt(_ other: TransportProvider) {
            guard let other = other as? TLSTransportProvider, other !== self else { return }
            if server !== other.server { server?.wasReplaced(by: other.server) }
            if client !== other.client { client?.wasReplaced(by: other.client) }
            server = other.server
            client = other.client
        }
    }
#endif
