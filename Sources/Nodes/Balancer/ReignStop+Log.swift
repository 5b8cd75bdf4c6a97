internal import Cluster
internal import Logging
internal import Sockets

extension ReignStop {
    /// Writes the reason for the end of a reign.
    ///
    /// - Parameters:
    ///   - epoch: the epoch of the reign.
    ///   - successor: the process of the replacement.
    func write(to log: Logger, epoch: UInt64, successor: PeerProcess?) {
        let epoch = Logger.MetadataValue("\(epoch)")
        switch self {
        case .requested: break
        case .replaced:
            log.notice(
                "being replaced", metadata: ["by": "\(successor.map(\.description) ?? "a process that has ended")"])
        case .superseded(let later):
            log.error("a later balancer reigns: this one ends", metadata: ["epoch": epoch, "later": "\(later.value)"])
        case .failed(let failure):
            log.error(
                "the reign can't begin: this balancer ends", metadata: ["epoch": epoch, "reason": "\(failure.text)"])
        case .fenceLost(let reason):
            log.error("the fence is lost: this balancer ends", metadata: ["epoch": epoch, "reason": "\(reason)"])
        }
    }
}
