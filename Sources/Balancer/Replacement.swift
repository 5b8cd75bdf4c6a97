internal import Cluster
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Sockets

/// `balancer --replace`: a new process that takes over from the balancer that reigns in the same state directory,
/// without a connection refused or a request failed.
///
/// In order: it takes the listeners and the ticket keys that every worker is handed too, builds its contexts and
/// connects to the workers, and only then asks for the reign. The old process stops accepting and sends the lock, held
/// (flock(2) belongs to the open file, so that it is never free). Under the lock the new one grants itself an epoch,
/// accepts, and says so; then the old one tells the workers, and finishes its requests. Connections that come in the
/// meantime wait in the listener's queue. Whichever of the two dies on the way: the workers take over, as after a crash.
final class Replacement {
    private static let answerMilliseconds = 5000

    private let node: BalancerNode
    private let timer: LoopTimer
    private var channel: MessageChannel?
    private var reigning: Int32 = 0
    private var listeners: Listeners?
    private var ticketKeys: [UInt8] = []

    init(node: BalancerNode) throws(CommandError) {
        self.node = node
        timer = LoopTimer(on: node.loop)
        do throws(SystemError) {
            channel = try connect()
        } catch {
            throw .failure("no balancer reigns in \(node.directory.path): start it without --replace")
        }
        channel?.onMessage = { [unowned self] in received($0, $1) }
        channel?.onClose = { [unowned self] in fail("the balancer that reigns (process \(reigning)) has ended") }
        expectAnswer()
    }

    private func connect() throws(SystemError) -> MessageChannel {
        guard let address = SocketAddress(unixPath: node.directory.handoverSocket) else {
            throw SystemError("connect", code: ENAMETOOLONG)
        }
        let begun = try Socket.connect(to: address)
        guard begun.isConnected else { throw SystemError("connect", code: EAGAIN) }
        let socket = begun.take()
        reigning = try DescriptorPassing.peer(of: socket.rawValue).process
        return try MessageChannel(socket, on: node.loop)
    }

    private func received(_ line: [UInt8], _ descriptors: [Int32]) {
        if listeners == nil {
            prepare(JSON.decode(Handover.self, from: line), descriptors)
            return
        }
        switch JSON.decode(HandoverNotice.self, from: line) {
        case .yielded:
            guard descriptors.count == 1, let descriptor = descriptors.first else {
                fail("the balancer that reigns (process \(reigning)) did not hand over its lock")
            }
            reign(lock: FileDescriptor(owning: descriptor))
        case .refused(let reason): fail("the balancer that reigns refuses: \(reason)")
        case .succeeded, .superseded, nil: fail("the balancer that reigns (process \(reigning)) is not understood")
        }
    }

    /// What takes time comes before the question: the clients wait from then on.
    private func prepare(_ handover: Handover?, _ descriptors: [Int32]) {
        guard let handover, let listeners = Listeners(received: descriptors) else {
            fail("the handover of the balancer that reigns (process \(reigning)) is not understood")
        }
        self.listeners = listeners
        ticketKeys = handover.ticketKeys
        timer.cancel()
        do throws(CommandError) { try node.prepare(ticketKeys: ticketKeys) } catch { fail("\(error)") }
        node.keepWarm { [unowned self] in ask() }
    }

    private func ask() {
        do throws(SystemError) {
            try channel?.send(JSON.encode(HandoverRequest.replace))
        } catch { fail("the balancer that reigns (process \(reigning)) has ended") }
        expectAnswer()
    }

    private func expectAnswer() {
        timer.action = { [unowned self] in
            fail("the balancer that reigns (process \(reigning)) does not answer: is it of an earlier version?")
        }
        timer.set(afterMilliseconds: Replacement.answerMilliseconds)
    }

    private func reign(lock: consuming FileDescriptor) {
        timer.remove()
        guard let listeners else { return }
        node.fence.adopt(lock)
        switch node.acquireEpoch(after: .none) {
        case .granted(let epoch):
            do throws(CommandError) {
                try node.beginReign(epoch: epoch, listeners: listeners)
                try node.completeReign(epoch: epoch, listeners: listeners, ticketKeys: ticketKeys)
            } catch { fail("\(error)") }
            try? channel?.send(JSON.encode(HandoverRequest.reigns(epoch)))
            node.log.notice("replaced process \(reigning)")
            channel?.onClose = { [unowned self] in channel = nil }
        case .heldByOther(let holder): fail("\(holder) holds \(node.directory.lock)")
        case .failed(let reason): fail(reason)
        }
    }

    private func fail(_ reason: String) -> Never {
        CommandError.failure(reason).exitProcess(of: "balancer")
    }
}

extension BalancerNode {
    /// Takes over from the balancer that reigns.
    func replace() throws(CommandError) {
        replacement = try Replacement(node: self)
    }
}
