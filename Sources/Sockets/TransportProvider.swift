/// Turns sockets into transports; one per loop, since what lies behind it (a TLS context) is not shared between
/// threads.
open class TransportProvider {
    public init() {}

    /// The transport for a connection that was accepted.
    open func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? {
        SocketTransport(descriptor)
    }

    /// The transport for a connection that we make. `host` is the name or address that the peer's certificate must be
    /// good for.
    open func connecting(_ descriptor: consuming FileDescriptor, host: String) -> SocketTransport? {
        SocketTransport(descriptor)
    }

    /// From now on makes transports as `other` does, which belongs to the same loop. Those that stand stay as they are.
    open func adopt(_ other: TransportProvider) {}
}
