package import Sockets

/// The address of `--metrics-host`: `HOST` or `HOST:PORT`, where HOST is an IP address, an IPv6 one with a port in brackets.
///
/// A name would need a resolver at each takeover, and could mean another address then.
package struct MetricsAddress: TextValue, Equatable {
    package static let defaultPort: UInt16 = 9001

    package let address: SocketAddress
    let text: String

    init?(_ text: String) {
        self.text = text
        if let address = SocketAddress(host: Self.unbracketed(text), port: Self.defaultPort) {
            self.address = address
            return
        }
        guard let places = Endpoints.places(text), places.count == 1,
            let address = SocketAddress(host: places[0].host, port: places[0].port)
        else { return nil }
        self.address = address
    }

    private static func unbracketed(_ text: String) -> String {
        text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    }
}
