package import Cluster
package import Handover
package import Sockets
package import Storage

/// After a balancer has given its reign back, it asks at the handover socket for its successor's epoch. It sends its
/// last requests under that epoch, because the workers now refuse its own.
///
/// Only processes of the same user get an answer there, and only the holder of the lock answers.
package final class SuccessorWatch {
    /// The first attempts are frequent, because requests wait. A takeover takes about 10 ms.
    private static let eagerMilliseconds = 2
    private static let eagerAttempts = 500
    private static let retryMilliseconds = 100

    private let loop: EventLoop
    private let directory: StateDirectory
    private let own: Epoch
    private let onReign: (Epoch) -> Void
    private let timer: LoopTimer
    private var channel: MessageChannel?
    private var attempts = 0

    /// - Parameters:
    ///   - own: the epoch of the past reign.
    ///   - onReign: called with each later epoch.
    package init(loop: EventLoop, directory: StateDirectory, own: Epoch, onReign: @escaping (Epoch) -> Void) {
        self.loop = loop
        self.own = own
        self.onReign = onReign
        self.directory = directory
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in connect() }
        connect()
    }

    private func connect() {
        attempts += 1
        do throws(SystemError) {
            guard let peer = try HandoverSocket.connect(in: directory) else {
                retry()
                return
            }
            let channel = try MessageChannel(peer.take(), on: loop)
            self.channel = channel
            // This process no longer needs the listeners.
            channel.onMessage = { [unowned self] line, _ in received(line) }
            channel.onClose = { [unowned self] in
                self.channel = nil
                attempts = 0
                retry()
            }
        } catch { retry() }
    }

    private func received(_ line: [UInt8]) {
        guard let handover = JSON.decode(Handover.self, from: line), handover.epoch > own else { return }
        onReign(handover.epoch)
    }

    private func retry() {
        let isEager = attempts < SuccessorWatch.eagerAttempts
        timer.set(afterMilliseconds: isEager ? SuccessorWatch.eagerMilliseconds : SuccessorWatch.retryMilliseconds)
    }
}
