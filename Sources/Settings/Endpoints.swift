package import Sockets
package import Telemetry

/// Addresses and names in settings.
package enum Endpoints {
    static let maximumBalancers = 16

    /// The application behind a worker, and its protocol.
    package struct Application: Sendable {
        package let place: Place
        /// HTTP/2 with prior knowledge; else HTTP/1.1.
        package let speaksHTTP2: Bool
    }

    /// A host, as a name or an address, and a port.
    package struct Place: Equatable, Sendable {
        package let host: String
        package let port: UInt16

        package var isName: Bool { SocketAddress(host: host, port: port) == nil }

        /// - Parameter resolver: looks up a name when a connection needs its addresses.
        package func destination(_ resolver: Resolver) -> Destination {
            SocketAddress(host: host, port: port).map { .address($0) }
                ?? .name(ResolvedName(host, port: port, resolver: resolver))
        }
    }

    /// The places of `HOST:PORT,HOST:PORT`, without repetitions.
    ///
    /// - Parameter option: names the setting in the error.
    package static func list(_ text: String, option: String) throws(CommandError) -> [Place] {
        var all: [Place] = []
        for place in places(text) ?? [] where !all.contains(place) { all.append(place) }
        guard !all.isEmpty else { throw .usage("\(option) \(text) is not HOST:PORT") }
        return all
    }

    /// The place of `http://HOST[:PORT]` or `h2c://HOST[:PORT]`.
    package static func application(_ text: String) throws(CommandError) -> Application {
        guard let (place, speaksHTTP2) = applicationPlace(text) else {
            throw .usage("--forward \(text) is neither http://HOST:PORT nor h2c://HOST:PORT")
        }
        return Application(place: place, speaksHTTP2: speaksHTTP2)
    }

    /// One to 16 places with commas between; nil for any other text.
    static func places(_ text: String) -> [Place]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let all = parts.compactMap { place(String($0)) }
        return all.count == parts.count && all.count <= maximumBalancers ? all : nil
    }

    /// Nil for a text that is no URL of an application.
    static func applicationPlace(_ text: String) -> (place: Place, speaksHTTP2: Bool)? {
        let schemes = [("http://", false), ("h2c://", true)]
        guard let (scheme, speaksHTTP2) = schemes.first(where: { text.hasPrefix($0.0) }) else { return nil }
        var rest = String(text.dropFirst(scheme.count))
        if rest.hasSuffix("/") { rest.removeLast() }
        guard !rest.contains(where: { "/?@#".contains($0) }) else { return nil }
        if !rest.contains(":") || rest.hasSuffix("]") { rest += ":80" }
        return place(rest).map { ($0, speaksHTTP2) }
    }

    /// `HOST:PORT` or `[IPV6]:PORT`; nil for any other text.
    private static func place(_ text: String) -> Place? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }), let port = UInt16(digits), port > 0 else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("[") && host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return isHost(host) ? Place(host: host, port: port) : nil
    }

    /// An IP address, or a name of at most 253 bytes (RFC 1035, 2.3.4). Names of containers may have underscores.
    private static func isHost(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= 253 else { return false }
        if SocketAddress(host: text, port: 0) != nil { return true }
        let isInName = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
        }
        return isInName(first) && text.utf8.allSatisfy { isInName($0) || $0 == 0x2D || $0 == 0x2E }
    }
}
