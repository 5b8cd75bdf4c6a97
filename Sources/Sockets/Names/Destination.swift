/// The target of a connection: an address, or a name that stands for several.
package enum Destination: Sendable, CustomStringConvertible {
    case address(SocketAddress)
    case name(ResolvedName)

    /// The address or the name, without brackets.
    package var host: String {
        switch self {
        case .address(let address): address.host
        case .name(let name): name.host
        }
    }

    package var port: UInt16 {
        switch self {
        case .address(let address): address.port
        case .name(let name): name.port
        }
    }

    /// `HOST:PORT`, as a Host field has it.
    package var description: String {
        switch self {
        case .address(let address): address.description
        case .name(let name): "\(name.host):\(name.port)"
        }
    }

    /// The value of a Host field. A unix socket has no host, and RFC 9110, 7.2 requires one for http.
    package var authority: String {
        if case .address(let address) = self, address.family == .unix { return "localhost" }
        return description
    }

    /// The address, or the name with the addresses that were found last, for messages.
    package var details: String {
        guard case .name(let name) = self else { return description }
        let known = name.lastKnown.map(\.description).joined(separator: ", ")
        return known.isEmpty ? description : "\(description) (\(known))"
    }
}
