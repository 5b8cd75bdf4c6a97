internal import Cluster
internal import Glibc
internal import Handover
internal import Sockets
internal import Storage
internal import Telemetry

/// The channel of `balancer --replace` to the balancer that it replaces.
///
/// The new process gets the listeners and the ticket keys, as every worker does. When it asks for the lock, the old process
/// stops accepting and sends the lock, held. A lock of flock(2) belongs to the open file, so it is never free.
final class Replacement {
    private let channel: MessageChannel
    private let lock: LockFileStore
    private let knownEpoch: () -> Epoch
    private let onEvent: (ReignEvent) -> Void
    /// The process that reigns.
    let reigning: PeerProcess
    private(set) var handover: Handover?
    private(set) var listeners: Listeners?
    private(set) var further: [FurtherListener] = []

    init(
        context: BalancerContext, lock: LockFileStore, onEvent: @escaping (ReignEvent) -> Void
    ) throws(CommandError) {
        self.lock = lock
        self.onEvent = onEvent
        knownEpoch = { context.knownEpoch }
        do throws(SystemError) {
            guard let peer = try HandoverSocket.connect(in: context.directory) else {
                throw SystemError("connect", code: EAGAIN)
            }
            reigning = peer.process
            channel = try MessageChannel(peer.take(), on: context.loop)
        } catch {
            throw .failure("no balancer reigns in \(context.directory.path): start it without --replace")
        }
        channel.onMessage = { [unowned self] in received($0, $1) }
        channel.onClose = { [unowned self] in refuse("\(subject) has ended") }
    }

    private var subject: String { "the balancer that reigns (\(reigning))" }

    private func refuse(_ reason: String) {
        onEvent(.replacementRefused(ReignFailure(reason)))
    }

    private func received(_ line: [UInt8], _ descriptors: [ReceivedDescriptor]) {
        guard handover != nil else {
            handover = JSON.decode(Handover.self, from: line)
            listeners = Listeners(received: descriptors)
            guard let handover, listeners != nil else {
                refuse("the handover of \(subject) is not understood")
                return
            }
            if handover.offersFurther { try? channel.send(JSON.encode(HandoverRequest.further)) }
            onEvent(.handoverReceived(hasListeners: true))
            return
        }
        switch JSON.decode(HandoverNotice.self, from: line) {
        case .yielded:
            guard descriptors.count == 1, let descriptor = descriptors.first else {
                refuse("\(subject) did not hand over its lock")
                return
            }
            lock.adopt(descriptor.take())
            onEvent(.lockReceived(known: knownEpoch()))
        case .refused(let reason): refuse("the balancer that reigns refuses: \(reason)")
        case .further(let names): further = FurtherListener.received(names, descriptors)
        case .alive: break
        case .succeeded, .superseded, nil: refuse("\(subject) is not understood")
        }
    }

    func closeListeners() {
        listeners = nil
        further = []
    }

    func requestLock() {
        do throws(SystemError) {
            try channel.send(JSON.encode(HandoverRequest.replace))
        } catch { refuse("\(subject) has ended") }
    }

    func announceReign(_ epoch: Epoch) {
        try? channel.send(JSON.encode(HandoverRequest.reigns(epoch)))
    }
}
