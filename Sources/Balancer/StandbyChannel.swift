internal import Cluster
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Sockets

/// The balancer's side of the channel to the worker that started it (descriptor 3): waits for the word to take over.
///
/// While it waits, the end of the channel (the worker is gone) ends the process: a parked standby doesn't outlive its
/// worker. Once it reigns it is on its own; the worker, if it is still there, is only told when a later reign ends this one.
final class StandbyChannel {
    private static let descriptor: Int32 = 3
    /// The lock of a dying predecessor is free within about a millisecond; a hung one was killed just before.
    private static let lockRetryMilliseconds = 2
    private static let lockAttempts = 500
    /// How long the workers' first answers may take before the rest of the reign's beginning stops waiting for them.
    private static let precedenceMilliseconds = 20

    private let node: BalancerNode
    private let channel: MessageChannel
    private let timer: LoopTimer
    private var listeners: Listeners?
    private var handover: Handover?
    private var attemptsLeft = 0
    private var after = Epoch.none

    init(node: BalancerNode) throws(CommandError) {
        self.node = node
        do throws(SystemError) {
            channel = try MessageChannel(try Socket.adopt(StandbyChannel.descriptor), on: node.loop)
        } catch {
            throw .usage("--standby is for workers to use: \(error)")
        }
        timer = LoopTimer(on: node.loop)
        timer.action = { [unowned self] in attempt() }
        channel.onMessage = { [unowned self] in received($0, $1) }
        channel.onClose = { exit(0) }
        node.starter = channel
    }

    func report(_ report: StandbyReport) {
        try? channel.send(JSON.encode(report))
    }

    private func received(_ line: [UInt8], _ descriptors: [Int32]) {
        switch JSON.decode(StandbyCommand.self, from: line) {
        case .hold(let handover): hold(handover, descriptors)
        case .takeOver(let after):
            self.after = after
            attemptsLeft = StandbyChannel.lockAttempts
            attempt()
        case nil: exitFailed("the worker's word is not understood")
        }
    }

    private func hold(_ handover: Handover, _ descriptors: [Int32]) {
        listeners = Listeners(received: descriptors)
        // The next reign of the same cluster hands over the same keys: what was built stays.
        let isPrepared = self.handover != nil
        self.handover = handover
        if isPrepared { return }
        do throws(CommandError) {
            try node.prepare(ticketKeys: handover.ticketKeys)
        } catch { exitFailed("\(error)") }
        node.keepWarm()
        report(.parked)
    }

    /// Who was handed no listeners binds the ports before it asks for an epoch: where others hold them, it could not use
    /// one.
    private func attempt() {
        attemptsLeft -= 1
        do throws(CommandError) {
            if listeners == nil { listeners = try node.bindListeners() }
        } catch {
            if attemptsLeft <= 0 { exitFailed("\(error)") }
            timer.set(afterMilliseconds: StandbyChannel.lockRetryMilliseconds)
            return
        }
        switch node.acquireEpoch(after: after) {
        case .granted(let epoch): reign(epoch)
        case .failed(let reason): exitFailed(reason)
        case .heldByOther(let holder):
            if attemptsLeft > 0 {
                timer.set(afterMilliseconds: StandbyChannel.lockRetryMilliseconds)
            } else {
                report(.held(holder))
                exit(1)
            }
        }
    }

    private func reign(_ epoch: Epoch) {
        guard let listeners else { exitFailed("there are no listeners") }
        do throws(CommandError) {
            let keys = handover?.ticketKeys ?? BalancerNode.randomTicketKeys()
            if handover == nil { try node.prepare(ticketKeys: keys) }
            // From the first client on, the worker's end is no concern of ours.
            channel.onClose = {}
            try node.beginReign(epoch: epoch, listeners: listeners)
            // The first answers of the probes have precedence over the rest, which waits for nobody.
            timer.action = { [unowned self] in complete(epoch, listeners, keys) }
            timer.set(afterMilliseconds: StandbyChannel.precedenceMilliseconds)
            node.onServing = { [unowned self] in timer.set(afterMilliseconds: 0) }
        } catch { exitFailed("\(error)") }
    }

    private func complete(_ epoch: Epoch, _ listeners: Listeners, _ ticketKeys: [UInt8]) {
        node.onServing = {}
        do throws(CommandError) {
            try node.completeReign(epoch: epoch, listeners: listeners, ticketKeys: ticketKeys)
        } catch { exitFailed("\(error)") }
        report(.started(epoch))
        // And nor is its word from here on.
        channel.onMessage = { _, descriptors in
            for descriptor in descriptors { _ = FileDescriptor(owning: descriptor) }
        }
        node.standby = nil
    }

    private func exitFailed(_ reason: String) -> Never {
        report(.failed(reason))
        node.log.error("\(reason)")
        exit(1)
    }
}

extension BalancerNode {
    /// Waits for a worker's word instead of reigning at once.
    func park() throws(CommandError) {
        standby = try StandbyChannel(node: self)
    }
}
