internal import ControlPlane
internal import Sockets

/// Reading addresses from options.
enum Endpoints {
    /// An address and the name it was given by.
    struct Named: Sendable {
        let address: SocketAddress
        let host: String
    }

    /// `HOST:PORT` or `[IPV6]:PORT`.
    static func hostAndPort(_ text: String, option: String) throws(CommandError) -> Named {
        let wrong = CommandError.usage("\(option) \(text) is not HOST:PORT")
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            throw wrong
        }
        var host = String(text[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw wrong }
        guard let address = SocketAddress.resolve(host: host, port: port) else {
            throw .usage("\(option) \(text): \(host) is neither an address nor a known name")
        }
        return Named(address: address, host: host)
    }

    /// `http://HOST[:PORT]`, with nothing behind.
    static func application(_ text: String) throws(CommandError) -> Named {
        guard text.hasPrefix("http://") else {
            throw .usage(
                "--forward \(text) is not http://ADDRESS:PORT: the application on this host is spoken to in plain HTTP")
        }
        var rest = String(text.dropFirst("http://".count))
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.contains("/"), !rest.contains("?"), !rest.contains("@") else {
            throw .usage("--forward \(text) has a path: give only http://ADDRESS:PORT")
        }
        if !rest.contains(":") || rest.hasSuffix("]") { rest += ":80" }
        return try hostAndPort(rest, option: "--forward")
    }
}
