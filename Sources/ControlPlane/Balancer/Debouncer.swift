internal import Sockets

/// Delays updates of the data plane: an update comes at the end of the turn, or later if updates would take more than a
/// tenth of the time.
///
/// The time of an update grows with the number of workers. If thousands change one after another, updates would
/// otherwise use the whole loop.
final class Debouncer: EventSource {
    /// The update. Not called after `stop`.
    var action: () -> Void = {}

    private let loop: EventLoop
    private let timer: LoopTimer
    private var isStopped = false
    /// The earliest time of the next update, on the loop's clock.
    private var earliest: UInt64 = 0

    private static let pause: UInt64 = 9
    private static let longestPause: UInt64 = 100_000_000

    init(on loop: EventLoop) {
        self.loop = loop
        timer = LoopTimer(on: loop)
        super.init()
        timer.action = { [unowned self] in publish() }
    }

    /// Requests an update.
    ///
    /// - Parameter isUrgent: so far there is no worker for requests.
    func request(isUrgent: Bool = false) {
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
        earliest = ended &+ min(Debouncer.pause &* (ended &- began), Debouncer.longestPause)
    }
}
