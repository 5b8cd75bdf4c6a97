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

    /// One or more of them, with commas between.
    static func list(_ text: String, option: String) throws(CommandError) -> [Named] {
        var all: [Named] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let named = try hostAndPort(String(part), option: option)
            if !all.contains(where: { $0.address == named.address }) { all.append(named) }
        }
        guard all.count <= maximumPlaces else {
            throw .usage("\(option) takes at most \(maximumPlaces) places")
        }
        return all
    }

    private static let maximumPlaces = 16

    /// The application behind a worker, and what it speaks.
    struct Application: Sendable {
        let place: Named
        /// HTTP/2 with prior knowledge; else HTTP/1.1.
        let speaksHTTP2: Bool
    }

    /// `http://HOST[:PORT]` or `h2c://HOST[:PORT]`, with nothing behind.
    static func application(_ text: String) throws(CommandError) -> Application {
        let schemes = [("http://", false), ("h2c://", true)]
        guard let (scheme, speaksHTTP2) = schemes.first(where: { text.hasPrefix($0.0) }) else {
            throw .usage(
                "--forward \(text) is not http://ADDRESS:PORT or h2c://ADDRESS:PORT: the application on this host is spoken to without TLS"
            )
        }
        var rest = String(text.dropFirst(scheme.count))
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.contains("/"), !rest.contains("?"), !rest.contains("@") else {
            throw .usage("--forward \(text) has a path: give only \(scheme)ADDRESS:PORT")
        }
        if !rest.contains(":") || rest.hasSuffix("]") { rest += ":80" }
        return Application(place: try hostAndPort(rest, option: "--forward"), speaksHTTP2: speaksHTTP2)
    }
}
