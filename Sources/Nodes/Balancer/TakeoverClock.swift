internal import Cluster
internal import Logging
internal import Sockets
internal import Storage

/// Measures the takeover of this process, if it takes over, and keeps the count of takeovers.
///
/// It reads the clock itself. The loop's time stands still during a turn, and a takeover may need one turn only.
final class TakeoverClock {
    private(set) var record = TakeoverRecord()
    private var orderedAt: UInt64?
    private var isReplacement = false
    private var nanoseconds: UInt64?

    /// A takeover begins with the order of a worker, or with a replacement's request for the lock.
    func note(_ event: ReignEvent, isReplacement: Bool) {
        switch event {
        case .takeoverOrdered where orderedAt == nil: break
        case .warmedUp where isReplacement: break
        default: return
        }
        orderedAt = Clock.monotonicNanoseconds()
        self.isReplacement = isReplacement
    }

    /// The process accepts clients. Clients wait for this step, so the file comes later.
    func accepted() {
        nanoseconds = orderedAt.map { Clock.monotonicNanoseconds() &- $0 }
    }

    /// Continues the count of the predecessor.
    func keep(in directory: StateDirectory, by disk: DiskThread, on loop: EventLoop, log: Logger) {
        record = TakeoverRecord.load(from: directory)
        guard let nanoseconds = nanoseconds.take() else { return }
        record.add(isReplacement: isReplacement, nanoseconds: nanoseconds)
        let save = { @Sendable [record] () throws(SystemError) in try record.save(in: directory) }
        disk.run(
            on: loop, { Result(catching: save) },
            then: { result in
                if case .failure(let error) = result { log.error("the number of takeovers can't be stored: \(error)") }
            })
    }
}
