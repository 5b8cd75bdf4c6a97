/// Where a balancer reigns, or may reign: an IP address or a name, and the cluster port.
package struct Seat: Hashable, Sendable {
    /// As many are kept and asked, at most.
    static let maximumCount = 32

    package let host: String
    package let port: UInt16

    package init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }
}

extension Snapshot {
    /// Where the reign may go, or have gone, from `home`: the hosts of workers of other homes that may act across hosts.
    ///
    /// - Parameter port: the cluster port, which is the same everywhere.
    package func seats(outside home: Home, port: UInt16) -> [Seat] {
        var seats: [Seat] = []
        for worker in workers where worker.mayStandIn && worker.acrossHosts {
            guard let other = worker.home, other != home, !HostName.isLoopback(worker.host) else { continue }
            let seat = Seat(host: worker.host, port: port)
            if seats.count < Seat.maximumCount, !seats.contains(seat) { seats.append(seat) }
        }
        return seats
    }
}
