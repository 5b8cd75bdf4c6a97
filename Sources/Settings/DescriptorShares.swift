package import Telemetry

/// Divides a balancer's descriptors among purposes at the start. No purpose uses the share of another.
///
/// Strangers can open client connections at will. So the cluster port, the admin port and the connect-backs get their shares
/// first. Workers and clients share the rest. A client needs one descriptor for its connection and an eighth for its requests:
/// with HTTP/2 it can have 128 of them at a time, and a connection to a worker carries 1,024. A worker needs one descriptor
/// for its own connection, one for probes, one for the handover, and one for the requests of each loop.
package struct DescriptorShares: Equatable {
    private static let mostMembers = 10_000
    private static let leastMembers = 4
    private static let leastClients = 16

    /// Connections of the public port, including those without a complete handshake.
    package let clients: Int
    /// Workers of the cluster.
    package let members: Int
    /// Connections of the cluster port without a complete handshake.
    package let clusterArrivals: Int
    /// Connections of nodes beyond one for each worker: second connections, operators, balancers of other hosts.
    package let spareIdentities: Int
    /// Connect-backs in progress.
    package let connectBacks: Int
    package let admin: Int

    /// - Parameters:
    ///   - limit: descriptors of the process.
    ///   - wanted: client connections; nil for 9/16 of the shared rest. The maximum is 13/16.
    ///   - wantedMembers: workers; nil for 10,000. The maximum is the rest after the clients' share.
    /// - Throws: if there are too few descriptors for 16 clients and 4 workers.
    package init(of limit: Int, clients wanted: Int?, members wantedMembers: Int?, loops: Int) throws(CommandError) {
        func shares(_ limit: Int) -> DescriptorShares? {
            DescriptorShares(sharing: limit, clients: wanted, members: wantedMembers, loops: loops)
        }
        guard let shares = shares(limit) else {
            let threads = loops == 1 ? "1 thread" : "\(loops) threads"
            throw DescriptorLimit.tooFew(
                limit, needed: (limit...).first { shares($0) != nil } ?? limit, for: "a balancer with \(threads)")
        }
        self = shares
    }

    /// Nil if there are too few descriptors.
    private init?(sharing limit: Int, clients wanted: Int?, members wantedMembers: Int?, loops: Int) {
        let available = limit - DescriptorLimit.ownUse(loops: loops)
        let small = min(max(available / 32, 8), 64)
        admin = small
        spareIdentities = small
        connectBacks = small
        clusterArrivals = min(max(available / 16, 16), 8192)
        let shared = available - 3 * small - clusterArrivals
        // A few workers have room for any number of wanted clients.
        let withoutMembers = (shared - Self.leastMembers * (3 + loops)) / 9 * 8
        let mostClients = max(min(13 * shared / 16, withoutMembers), Self.leastClients)
        clients = min(wanted ?? max(9 * shared / 16, Self.leastClients), mostClients)
        members = min(wantedMembers ?? Self.mostMembers, (shared - clients - clients / 8) / (3 + loops))
        if members < min(wantedMembers ?? Self.leastMembers, Self.leastMembers) { return nil }
    }

    /// Which of the wanted numbers the descriptors have no room for, in one line; nil if they have room for both.
    package func shortfall(clients wanted: Int?, members wantedMembers: Int?) -> String? {
        let short = [("max-connections", wanted, clients), ("max-workers", wantedMembers, members)].compactMap {
            name, wanted, share in
            wanted.flatMap { $0 > share ? "--\(name) is \($0), and there is room for \(share)" : nil }
        }
        return short.isEmpty ? nil : DescriptorLimit.shortfall(short.joined(separator: "; "))
    }

    /// Connections of the cluster port with an authenticated peer.
    package var identities: Int { members + spareIdentities }
}
