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

    /// Client connections that leave as many descriptors for the connections that they cause.
    package static func connections(of limit: Int) -> Int {
        max(16, available(of: limit) / 8 * 3)
    }

    fileprivate static func available(of limit: Int) -> Int { min(limit, 2_000_000) - reserve }
}

/// How a balancer's descriptors are shared out.
package struct DescriptorShares {
    /// Each is probed, and asks for what is new, once a second: one slow core has been seen to manage 5,000, and to lose all of them to
    /// timeouts beyond that.
    private static let members = 4_000

    /// Connections that clients may hold.
    package let clients: Int
    /// Workers that may be members: connections that the cluster port may hold. Others wait, so that those that are in stay in.
    package let members: Int

    /// - Parameters:
    ///   - limit: descriptors of the process.
    ///   - wanted: connections that clients shall be able to hold; nil for three eighths of the descriptors, which is also the most.
    ///   - wantedMembers: the same for workers; nil for 4,000. The most is an eighth of the descriptors, or what clients leave.
    ///   - loops: each keeps a connection to each worker for its requests. Another is for probes, and one is the worker's own.
    package init(of limit: Int, clients wanted: Int?, members wantedMembers: Int?, loops: Int) {
        let most = DescriptorLimit.connections(of: limit)
        clients = min(wanted ?? most, most)
        let available = DescriptorLimit.available(of: limit)
        let left = (available - 2 * clients) / (2 + loops)
        members = min(wantedMembers ?? DescriptorShares.members, max(16, available / 8, left))
    }
}
