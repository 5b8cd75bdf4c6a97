internal import ArgumentParser
internal import Cluster
internal import Sockets
internal import Storage
internal import Telemetry

/// `balancer epochs`: shows the epochs of a state directory, and restarts them for an operator.
struct EpochsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "epochs", abstract: "Show the epochs of a state directory, or restart them.",
        discussion: """
            A worker refuses a balancer with an epoch below the highest that the worker has met. If no balancer has that \
            epoch any more, or no epoch is left, restart the epochs: stop every worker of the cluster and the balancer, run \
            'balancer epochs --reset' in each state directory of the cluster, start the balancer, start the workers.
            """)

    @Option(help: "The folder that the balancer and the workers of this host share.")
    var stateDir: String?

    @Flag(help: "Forget every epoch. This fails while a balancer runs.")
    var reset = false

    func run() throws {
        let directory = try StateDirectory(path: stateDir ?? StateDirectory.defaultPath())
        if reset { try startAnew(in: directory) } else { try show(directory) }
    }

    private func show(_ directory: StateDirectory) throws {
        let bytes: [UInt8]?
        do throws(FenceStoreFailure) {
            bytes = try LockFileStore(directory: directory).read(.epoch)
        } catch {
            throw CommandError.failure(error.text)
        }
        let granted = bytes.map { EpochFile($0).epoch.map { "\($0.value)" } ?? "unknown, the file is damaged" }
        let met = SnapshotReader(directory: directory).latest()?.epoch
        print("granted  \(granted ?? "none")")
        print("met      \(met.map { "\($0.value)" } ?? "none")")
    }

    private func startAnew(in directory: StateDirectory) throws {
        var coordinator = LockFileFence(directory: directory)
        switch coordinator.reset() {
        case .heldByOther(let holder):
            throw CommandError.failure(
                "a balancer reigns (\(holder) holds \(directory.lock)): stop every worker of the cluster, then the balancer"
            )
        case .failed(let reason): throw CommandError.failure(reason)
        case .done: break
        }
        do throws(SystemError) {
            try SnapshotStore.forgetEpochs(in: directory)
        } catch {
            throw CommandError.failure("a snapshot in \(directory.path) could not be written: \(error)")
        }
        print("the next epoch is 1: start the balancer, then the workers; one that still runs has to be restarted")
    }
}
