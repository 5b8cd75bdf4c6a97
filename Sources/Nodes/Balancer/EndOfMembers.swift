internal import Cluster
internal import Logging
internal import Sockets

/// The end of all workers, before the balancer ends: names those that take too long.
final class EndOfMembers {
    /// The time after which the log names the workers that have not ended.
    static let patienceMilliseconds = 60_000

    private let timer: LoopTimer
    private let milliseconds: Int

    init(
        on loop: EventLoop, log: Logger, patienceMilliseconds: Int = patienceMilliseconds,
        left: @escaping () -> [NodeID]
    ) {
        milliseconds = patienceMilliseconds
        timer = LoopTimer(on: loop)
        timer.action = {
            let names = left().map(\.text).joined(separator: ",")
            log.warning(
                "these workers have not ended, so the balancer goes on: stop them", metadata: ["workers": "\(names)"])
        }
    }

    func begin() { timer.set(afterMilliseconds: milliseconds) }

    func finish() { timer.remove() }
}
