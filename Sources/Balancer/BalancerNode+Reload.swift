internal import Connections
internal import ControlPlane

/// New certificates without a new process.
extension BalancerNode {
    /// Reads the certificates again, all or nothing, and goes on with them: whoever connects from now on meets the new ones, and
    /// every worker shows who it is before it gets another request. Connections of clients stay; those of nodes that are not
    /// trusted any more are cut.
    func reloadCertificates() throws(CommandError) {
        let fresh = try certificates.readAgain()
        let cluster = try fresh.makeClusterProvider()
        let plane = try plane?.makeReload(of: fresh)
        certificates = fresh
        expiries = fresh.expiries
        for server in controlServers { server.reload(cluster) }
        callers.reload(cluster)
        plane?()
    }
}
