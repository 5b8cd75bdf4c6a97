internal import Cluster
internal import Sockets
internal import Storage
internal import Telemetry

extension ReignExit {
    /// The last message of the process; nil if the log contains it already.
    ///
    /// - Parameter reigning: the process that a replacement was to replace.
    func error(in directory: StateDirectory, reigning: PeerProcess?) -> CommandError? {
        switch self {
        case .done, .fenced, .drainTimedOut: nil
        case .reignsElsewhere(let rival):
            .failure(
                "a balancer of this cluster reigns at \(rival.address.host) (epoch \(rival.epoch.value)): stop that one and the workers of its host first, or let this host's workers join it"
            )
        case .held(let holder):
            .failure(
                "a balancer of this cluster is running already (\(holder) holds \(directory.lock)): stop it, or give another --state-dir"
            )
        case .noAnswer:
            .failure(
                "the balancer that reigns (\(reigning.map(\.description) ?? "unknown")) does not answer: is it of an earlier version?"
            )
        case .failed(let failure):
            failure.status == 2 ? .usage(failure.text) : .failure(failure.text)
        }
    }
}
