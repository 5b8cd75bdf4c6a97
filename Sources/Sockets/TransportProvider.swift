/// Makes transports for sockets. Each loop has its own, because threads do not share a TLS context.
open class TransportProvider {
    public init() {}

    /// The transport for an accepted connection.
    open func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? {
        SocketTransport(descriptor)
    }

    /// The transport for an outgoing connection. The peer's certificate must be valid for `host`, a name or an address.
    open func connecting(_ descriptor: consuming FileDescriptor, host: String) -> SocketTransport? {
        SocketTransport(descriptor)
    }

    /// Makes later transports as `other` does, which belongs to the same loop. Existing transports do not change.
    open func adopt(_ other: TransportProvider) {}
}
