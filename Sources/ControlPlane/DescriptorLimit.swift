private import Glibc

/// How many descriptors the process may hold.
package enum DescriptorLimit {
    /// Descriptors kept for everything that is not a connection of a client or to a worker.
    private static let reserve = 128

    /// Raises the soft limit to the hard one; returns the limit now in force.
    package static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        return Int(clamping: limit.rlim_cur)
    }

    /// Connections that a worker takes, which leave as many descriptors for those to its application.
    package static func connections(of limit: Int) -> Int {
        max(16, available(of: limit) / 8 * 3)
    }

    fileprivate static func available(of limit: Int) -> Int { min(limit, 2_000_000) - reserve }
}

/// How a balancer's descriptors are shared out.
///
/// A client needs one, and an eighth for what its requests may need beyond the one connection to each worker: with HTTP/2 it can have 128
/// of them at a time, and a connection to a worker carries 1,024. A worker needs one for its own connection, one for probes, and one of
/// each loop for requests.
package struct DescriptorShares {
    private static let mostMembers = 10_000

    /// Connections that clients may hold.
    package let clients: Int
    /// Workers that may be members: connections that the cluster port may hold. Others wait, so that those that are in stay in.
    package let members: Int

    /// - Parameters:
    ///   - limit: descriptors of the process.
    ///   - wanted: connections that clients shall be able to hold; nil for 9/16 of the descriptors. The most is 13/16.
    ///   - wantedMembers: the same for workers; nil for 10,000. The most is what clients leave.
    package init(of limit: Int, clients wanted: Int?, members wantedMembers: Int?, loops: Int) {
        let sixteenth = DescriptorLimit.available(of: limit) / 16
        clients = min(wanted ?? max(16, 9 * sixteenth), max(16, 13 * sixteenth))
        let left = 16 * sixteenth - clients - clients / 8
        members = min(wantedMembers ?? DescriptorShares.mostMembers, max(16, left / (2 + loops)))
    }
}
