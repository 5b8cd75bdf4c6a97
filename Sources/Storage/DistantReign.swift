package import Cluster
internal import Sockets

/// The balancer of another host, as the worker lists of a state directory know it.
package struct DistantReign: Sendable, Equatable {
    package let epoch: Epoch
    /// Addresses of workers in the balancer's lock domain, at most `maximumHosts`. Empty if the list has none.
    package let hosts: [String]

    private static let maximumHosts = 4

    /// Nil if the latest list is of a balancer of this host, or if there is none.
    package init?(in directory: StateDirectory) {
        let line = directory.files.read(StateDirectory.Name.lockDomain) ?? []
        guard let latest = SnapshotReader(directory: directory).latest(), let reigning = latest.lockDomain,
            let own = LockDomainFile.lockDomain(in: String(decoding: line, as: UTF8.self), on: nil), own != reigning
        else { return nil }
        epoch = latest.epoch
        var hosts: [String] = []
        for worker in latest.workers where worker.lockDomain == reigning && !HostName.isLoopback(worker.host) {
            if hosts.count < DistantReign.maximumHosts, !hosts.contains(worker.host) { hosts.append(worker.host) }
        }
        self.hosts = hosts
    }
}
