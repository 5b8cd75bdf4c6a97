/// An address where a balancer reigns or may reign: an IP address or a name, and the cluster port. In messages it is
/// `HOST:PORT`, with an IPv6 address in brackets.
package struct BalancerAddress: Hashable, Sendable, CustomStringConvertible {
    /// The most addresses that a node stores and asks.
    static let maximumCount = 32

    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Nil unless `text` is a valid host and a port above 0.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
            return nil
        }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard HostName.isValid(String(host)) else { return nil }
        self.init(host: String(host), port: port)
    }

    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension BalancerAddress: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = BalancerAddress(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a balancer address is HOST:PORT")
        }
        self = address
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension Snapshot {
    /// The addresses of other lock domains to which the reign may have moved from `lockDomain`: the hosts of their workers
    /// that may act across hosts.
    ///
    /// - Parameter port: the cluster port, which is the same everywhere.
    package func addresses(outside lockDomain: LockDomain, port: UInt16) -> [BalancerAddress] {
        var addresses: [BalancerAddress] = []
        for worker in workers where worker.mayStandIn && worker.acrossHosts {
            guard let other = worker.lockDomain, other != lockDomain, !HostName.isLoopback(worker.host) else {
                continue
            }
            let address = BalancerAddress(host: worker.host, port: port)
            if addresses.count < BalancerAddress.maximumCount, !addresses.contains(address) {
                addresses.append(address)
            }
        }
        return addresses
    }
}
