package import Telemetry

/// Divides a worker's descriptors among purposes at the start.
///
/// The worker's port and the connections to its application have 3/8 each. The last quarter is a reserve for the worker's own
/// files, its health checks, and connections that are tried at the same time. Of the port's connections, peers without a
/// complete handshake have a quarter, other workers and operators an eighth. The rest is for balancers.
package struct WorkerDescriptorShares: Equatable {
    private static let leastConnections = 16

    /// Connections of each loop to the application.
    package let applicationConnections: Int
    /// Connections of the worker's port.
    package let connections: Int
    /// Of these: connections without a complete handshake.
    package let arrivals: Int
    /// Of these: other workers and operators.
    package let guests: Int

    /// - Parameters:
    ///   - limit: descriptors of the process.
    ///   - wanted: connections of the port; nil for 3/8 of the shared descriptors, which is the maximum.
    /// - Throws: if there are too few descriptors for 16 connections.
    package init(of limit: Int, connections wanted: Int?, loops: Int) throws(CommandError) {
        let own = DescriptorLimit.ownUse(loops: loops)
        let most = (limit - own) / 8 * 3
        guard most >= Self.leastConnections else {
            throw DescriptorLimit.tooFew(
                limit, needed: own + (Self.leastConnections + 2) / 3 * 8,
                for: "a worker with \(loops) \(loops == 1 ? "thread" : "threads")")
        }
        connections = min(wanted ?? most, most)
        applicationConnections = max(1, most / loops)
        arrivals = max(connections / 4, 4)
        guests = max(connections / 8, 4)
    }

    /// In one line, if the descriptors have no room for the wanted connections.
    package func shortfall(connections wanted: Int?) -> String? {
        guard let wanted, wanted > connections else { return nil }
        return DescriptorLimit.shortfall("--max-connections is \(wanted), and there is room for \(connections)")
    }
}
