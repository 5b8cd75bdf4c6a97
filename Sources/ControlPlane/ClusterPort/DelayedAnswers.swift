internal import Sockets

/// Sends answers at a fixed delay, in the order of the requests.
///
/// The time until a connect-back fails would reveal whether a port is closed, open or filtered. An answer at a fixed
/// time does not.
final class DelayedAnswers {
    private let loop: EventLoop
    private let timer: LoopTimer
    private var answers: [(due: UInt64, give: () -> Void)] = []

    init(on loop: EventLoop) {
        self.loop = loop
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in giveDue() }
    }

    /// Calls `give` when the loop's time reaches `due`, in monotonic nanoseconds.
    func add(due: UInt64, give: @escaping () -> Void) {
        answers.append((due, give))
        if !timer.isSet || due < timer.deadline { timer.set(at: due) }
    }

    func stop() {
        timer.remove()
        answers = []
    }

    private func giveDue() {
        let now = loop.now
        let due = answers.filter { $0.due <= now }
        answers.removeAll { $0.due <= now }
        if let next = answers.lazy.map(\.due).min() { timer.set(at: next) }
        for answer in due { answer.give() }
    }
}
