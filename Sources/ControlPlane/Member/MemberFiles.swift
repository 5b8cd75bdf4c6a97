internal import Cluster
internal import Logging
internal import Settings
internal import Sockets
internal import Storage

/// The files of a worker in the state directory: its copy of the worker list, and the options of the next balancer.
///
/// It belongs to the control loop. The disk thread writes: the loop has to see the end of the balancer meanwhile.
final class MemberFiles {
    let directory: StateDirectory
    private let disk: DiskThread
    private let loop: EventLoop
    private let log: Logger
    /// The newest options, until the disk has them.
    private var unwritten: BalancerConfiguration?

    init(directory: StateDirectory, disk: DiskThread, loop: EventLoop, log: Logger) {
        self.directory = directory
        self.disk = disk
        self.loop = loop
        self.log = log
    }

    /// The options with which a balancer of this host would start.
    var configuration: BalancerConfiguration? { unwritten ?? BalancerConfiguration.load(from: directory) }

    func save(_ snapshot: Snapshot, of id: NodeID) {
        SnapshotStore.save(snapshot, of: id, by: disk, on: loop) { [log, directory] outcome in
            guard case .failed(let error) = outcome else { return }
            log.warning("the snapshot could not be written to \(directory.path): \(error)")
        }
    }

    /// - Parameter completion: called when the disk has the options.
    func save(_ configuration: BalancerConfiguration, then completion: @escaping () -> Void) {
        unwritten = configuration
        disk.replace(
            StateDirectory.Name.configuration, with: { JSON.encode(configuration) }, on: loop,
            then: { [weak self] outcome in
                guard let self, outcome != .superseded else { return }
                if unwritten == configuration { unwritten = nil }
                guard case .failed(let error) = outcome else { return completion() }
                log.warning("the balancer's options could not be written to \(directory.path): \(error)")
            })
    }
}
