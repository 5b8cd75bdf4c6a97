package import Cluster
package import Sockets

/// A balancer that has abdicated asks at the handover socket for its successor's epoch: what it has still to send on is
/// sent under that one, since the workers refuse its own from then on.
///
/// Only processes of the same user get an answer there, and only the holder of the lock gives one.
package final class SuccessorWatch {
    /// Often at first, as requests wait for it; a takeover takes some 10 ms.
    private static let eagerMilliseconds = 2
    private static let eagerAttempts = 500
    private static let retryMilliseconds = 100

    private let loop: EventLoop
    private let path: String
    private let own: Epoch
    private let onReign: (Epoch) -> Void
    private let timer: LoopTimer
    private var channel: MessageChannel?
    private var attempts = 0

    /// - Parameters:
    ///   - own: the epoch of the reign that was given up.
    ///   - onReign: called with each later one.
    package init(loop: EventLoop, directory: StateDirectory, own: Epoch, onReign: @escaping (Epoch) -> Void) {
        self.loop = loop
        self.own = own
        self.onReign = onReign
        path = directory.handoverSocket
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in connect() }
        connect()
    }

    private func connect() {
        attempts += 1
        do throws(SystemError) {
            guard let address = SocketAddress(unixPath: path) else { return }
            let begun = try Socket.connect(to: address)
            guard begun.isConnected else {
                retry()
                return
            }
            let channel = try MessageChannel(begun.take(), on: loop)
            self.channel = channel
            channel.onMessage = { [unowned self] in received($0, $1) }
            channel.onClose = { [unowned self] in
                self.channel = nil
                attempts = 0
                retry()
            }
        } catch { retry() }
    }

    private func received(_ line: [UInt8], _ descriptors: [Int32]) {
        // The listeners are no longer our business.
        for descriptor in descriptors { _ = FileDescriptor(owning: descriptor) }
        guard let handover = JSON.decode(Handover.self, from: line), handover.epoch > own else { return }
        onReign(handover.epoch)
    }

    private func retry() {
        let isEager = attempts < SuccessorWatch.eagerAttempts
        timer.set(afterMilliseconds: isEager ? SuccessorWatch.eagerMilliseconds : SuccessorWatch.retryMilliseconds)
    }
}
