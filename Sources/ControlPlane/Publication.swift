internal import Sockets

/// When what has changed is told to the data plane: at the end of the turn, or where that would take more than a tenth of the time, later.
///
/// To tell takes time in proportion to the workers. When thousands change, one after the other, nothing else would get done.
final class Publication: EventSource {
    /// Tells; not called after `stop`.
    var action: () -> Void = {}

    private let loop: EventLoop
    private let timer: LoopTimer
    private var isStopped = false
    /// Not before this instant of the loop.
    private var earliest: UInt64 = 0

    private static let pause: UInt64 = 9
    private static let longestPause: UInt64 = 100_000_000

    init(on loop: EventLoop) {
        self.loop = loop
        timer = LoopTimer(on: loop)
        super.init()
        timer.action = { [unowned self] in publish() }
    }

    /// Something has changed.
    ///
    /// - Parameter isUrgent: there is nobody to whom requests could go so far.
    func isDue(isUrgent: Bool = false) {
        if isStopped || (timer.isSet && !isUrgent) { return }
        if isUrgent || loop.now >= earliest { loop.callAtEndOfTurn(self) } else { timer.set(at: earliest) }
    }

    func stop() {
        isStopped = true
        timer.remove()
    }

    override func endOfTurn() { publish() }

    private func publish() {
        if isStopped { return }
        let began = Clock.monotonicNanoseconds()
        action()
        let ended = Clock.monotonicNanoseconds()
        earliest = ended &+ min(Publication.pause &* (ended &- began), Publication.longestPause)
    }
}
