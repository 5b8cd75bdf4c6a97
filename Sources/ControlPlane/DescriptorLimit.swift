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

    /// Connections of the cluster port.
    package static func clusterConnections(of limit: Int) -> Int {
        max(16, min(20_000, available(of: limit) / 8))
    }

    private static func available(of limit: Int) -> Int { min(limit, 2_000_000) - reserve }
}
