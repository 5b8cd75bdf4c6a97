package import Sockets

/// Makes views of the cluster for the admin port, on the control loop and at a bounded rate.
///
/// The time of a view grows with the number of workers. However often the admin port asks, views take at most a tenth
/// of the loop's time, and at most fifty are made in a second.
package final class AdminFeed {
    private let loop: EventLoop
    private let timer: LoopTimer
    private let make: () -> AdminView
    private var receivers: [(AdminView) -> Void] = []
    /// The earliest time of the next view, on the loop's clock.
    private var earliest: UInt64 = 0

    private static let leastPause: UInt64 = 20_000_000
    private static let pausePerCost: UInt64 = 9

    package init(on loop: EventLoop, make: @escaping () -> AdminView) {
        self.loop = loop
        self.make = make
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in publish() }
    }

    /// Calls `receiver` once, with a view that is made after this call.
    package func next(_ receiver: @escaping (AdminView) -> Void) {
        receivers.append(receiver)
        guard !timer.isSet else { return }
        if loop.now >= earliest { publish() } else { timer.set(at: earliest) }
    }

    package func stop() {
        timer.remove()
        receivers = []
    }

    private func publish() {
        let began = Clock.monotonicNanoseconds()
        let view = make()
        let ended = Clock.monotonicNanoseconds()
        earliest = ended &+ max(AdminFeed.leastPause, AdminFeed.pausePerCost &* (ended &- began))
        let due = receivers
        receivers = []
        for receiver in due { receiver(view) }
    }
}
