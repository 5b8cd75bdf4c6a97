private import Glibc

/// Looks up names on a thread of its own, one after another, because getaddrinfo(3) blocks.
///
/// A process has as many names as its options, and each has one lookup at a time. So the queue is bounded.
package final class Resolver: Sendable {
    private let loop: EventLoop
    private let thread: LoopThread

    package init() throws(SystemError) {
        loop = try EventLoop()
        thread = try LoopThread(running: loop, name: "resolver")
    }

    /// The last owner may be a call on the resolver's own thread, which can't wait for itself.
    deinit {
        loop.stop()
        thread.detach()
    }

    /// - Parameter receive: called once, on the resolver's thread.
    func lookUp(
        _ host: String, port: UInt16, _ receive: @escaping @Sendable (Result<[SocketAddress], NameFailure>) -> Void
    ) {
        loop.post { receive(Resolver.addresses(of: host, port: port)) }
    }

    /// The addresses of a name, in the order of RFC 6724. It blocks.
    static func addresses(of host: String, port: UInt16) -> Result<[SocketAddress], NameFailure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, nil, &hints, &list)
        guard code == 0 else {
            return .failure(
                NameFailure(
                    text: String(cString: gai_strerror(code)), isFinal: [EAI_NONAME, Resolver.noData].contains(code)))
        }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next {
            if let address = entry.pointee.ai_addr.flatMap({ SocketAddress(storage: UnsafeRawPointer($0), port: port) })
            {
                found.append(address)
            }
            next = entry.pointee.ai_next
        }
        return found.isEmpty ? .failure(NameFailure(text: "it has no IP address", isFinal: true)) : .success(found)
    }

    /// EAI_NODATA of netdb.h: the name exists, and has no address.
    private static let noData: Int32 = -5
}
