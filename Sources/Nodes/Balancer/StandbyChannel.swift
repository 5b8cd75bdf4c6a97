internal import Cluster
internal import Handover
internal import Logging
internal import Sockets
internal import Storage
internal import Telemetry

/// The balancer's side of the channel to the worker that started it, descriptor 3.
final class StandbyChannel {
    private static let descriptor: Int32 = 3

    private let channel: MessageChannel
    private let onEvent: (ReignEvent) -> Void
    private let knownEpoch: () -> Epoch
    /// The handover of the present balancer, and its listeners.
    private(set) var handover: Handover?
    private(set) var listeners: Listeners?
    private(set) var further: [FurtherListener] = []

    /// - Parameters:
    ///   - knownEpoch: the highest epoch that this host knows.
    ///   - onEvent: receives the orders of the worker, on the loop.
    init(
        loop: EventLoop, knownEpoch: @escaping () -> Epoch, onEvent: @escaping (ReignEvent) -> Void
    ) throws(CommandError) {
        self.knownEpoch = knownEpoch
        self.onEvent = onEvent
        do throws(SystemError) {
            let peer = try HandoverSocket.check(try Socket.adopt(StandbyChannel.descriptor))
            channel = try MessageChannel(peer.take(), on: loop)
        } catch {
            throw .usage("--standby is for workers to use: \(error)")
        }
        channel.onMessage = { [unowned self] in received($0, $1) }
        channel.onClose = { [unowned self] in self.onEvent(.workerLost) }
    }

    func report(_ report: StandbyReport) {
        try? channel.send(JSON.encode(report))
    }

    private func received(_ line: [UInt8], _ descriptors: [ReceivedDescriptor]) {
        switch JSON.decode(StandbyCommand.self, from: line) {
        case .hold(let handover):
            listeners = Listeners(received: descriptors)
            self.handover = handover
            // Those of an earlier handover are of another balancer.
            further = []
            if handover.offersFurther { try? channel.send(JSON.encode(StandbyRequest.further)) }
            onEvent(.handoverReceived(hasListeners: listeners != nil))
        case .prepare:
            onEvent(.handoverReceived(hasListeners: false))
        case .takeOver(let after):
            // Another worker of this host may have met a later reign.
            onEvent(.takeoverOrdered(after: max(after, knownEpoch())))
        case .further(let names): further = FurtherListener.received(names, descriptors)
        case nil:
            onEvent(.failed(ReignFailure("the order of the worker is not understood")))
        }
    }

    func closeListeners() {
        listeners = nil
        further = []
    }

    /// The reign has begun: it does not depend on the worker any more.
    func ignoreOrders() {
        channel.onMessage = { _, _ in }
    }
}
