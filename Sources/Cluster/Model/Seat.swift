/// Where a balancer reigns, or may reign: an IP address or a name, and the cluster port.
package struct Seat: Hashable, Sendable {
    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}
