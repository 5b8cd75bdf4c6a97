internal import Cluster
internal import Connections
internal import ControlPlane
internal import Glibc
internal import Logging
internal import Proxy
internal import Sockets

/// How a reign ends, but for a crash: on a signal, for a later reign, or in favour of a replacement.
///
/// In all cases nothing is accepted any more, then the lock is given up, then the requests in progress are finished.
/// Who goes in order finishes them under the epoch of its successor, which tells it; the workers refuse the old one.
extension BalancerNode {
    /// How long a replacement may take from the lock to the reign.
    private static let heirMilliseconds = 5000

    /// Lets go of the ports and the lock at once, so that a successor can take over, then finishes the requests in
    /// progress.
    ///
    /// - Parameter isInOrder: false when a later reign has ended this one.
    func shutDown(isInOrder: Bool) {
        guard !isStopping, let plane else { return }
        isStopping = true
        policy.isAbdicated = isInOrder
        let node = LoopBound(self)
        plane.group.stopListening { [loop] in
            loop.post {
                node.value.coordinator.release()
                node.value.leave(exitStatus: isInOrder ? 0 : 1)
            }
        }
    }

    /// The lock is given up: to the workers this process is gone from here on. It ends when its requests have.
    private func leave(exitStatus: Int32) {
        control?.stop()
        for server in controlServers {
            server.stopListening()
            server.closeAll()
        }
        handover?.close()
        listeners = nil
        if policy.isAbdicated && successorWatch == nil {
            successorWatch = SuccessorWatch(loop: loop, directory: directory, own: Epoch(policy.epoch)) {
                [unowned self] in succeeded(by: $0)
            }
        }
        let timer = LoopTimer(on: loop)
        drainTimer = timer
        let accessLog = plane?.accessLog
        timer.action = { [log] in
            log.warning("requests in progress did not end in time: dropped")
            accessLog?.finish()
            exit(exitStatus)
        }
        timer.set(afterMilliseconds: configuration.drainSeconds * 1000)
        plane?.group.drain { [loop] in
            loop.post {
                accessLog?.finish()
                exit(exitStatus)
            }
        }
    }

    /// What has still to be sent on goes out under the successor's epoch.
    private func succeeded(by epoch: Epoch) {
        guard epoch.value > policy.epoch else { return }
        log.info("requests in progress are finished for the successor", metadata: ["epoch": "\(epoch.value)"])
        policy.epoch = epoch.value
        plane?.epochChanged()
    }

    // MARK: In favour of a replacement

    /// The process that is to reign next.
    final class Heir {
        let channel: MessageChannel
        let process: ProcessHandle
        let timer: LoopTimer
        /// It has ended while we had yet to stop accepting.
        var isGone = false
        /// Nothing is accepted here any more.
        var isAwaited = false
        var hasLock = false

        init(channel: MessageChannel, process: consuming ProcessHandle, timer: LoopTimer) {
            self.channel = channel
            self.process = process
            self.timer = timer
        }
    }

    /// A new balancer process, ready to reign, asks for the reign.
    func replaceAsked(by channel: MessageChannel, process: Int32) {
        guard !isStopping, let plane else {
            refuse(channel, "process \(getpid()) is going already")
            return
        }
        do throws(SystemError) {
            heir = Heir(
                channel: channel, process: try ProcessHandle(processIdentifier: process), timer: LoopTimer(on: loop))
        } catch {
            refuse(channel, "process \(getpid()) can't tell who asks: \(error)")
            return
        }
        log.notice("being replaced", metadata: ["by": "\(process)"])
        isStopping = true
        policy.isAbdicated = true
        // Whatever becomes of the heir, this reign ends; should the heir not get that far, the workers take over.
        channel.onClose = { [unowned self] in heirIsGone() }
        let node = LoopBound(self)
        plane.group.stopListening { [loop] in loop.post { node.value.yieldLock() } }
    }

    private func refuse(_ channel: MessageChannel, _ reason: String) {
        try? channel.send(JSON.encode(HandoverNotice.refused(reason)))
    }

    /// Nothing is accepted any more: gives the lock away. It is never free in between.
    private func yieldLock() {
        heir?.isAwaited = true
        guard heir?.isGone == false, let lock = fence.heldDescriptor else { return heirIsGone() }
        // The heir listens to the workers and operators from now on.
        for server in controlServers { server.stopListening() }
        do throws(SystemError) {
            try heir?.channel.send(JSON.encode(HandoverNotice.yielded), descriptors: [lock])
        } catch {
            heirIsGone()
            return
        }
        coordinator.release()
        heir?.hasLock = true
        heir?.timer.action = { [unowned self] in
            log.error("the replacement has the lock and does not reign: killed")
            try? heir?.process.kill()
        }
        heir?.timer.set(afterMilliseconds: BalancerNode.heirMilliseconds)
    }

    func heirReigns(_ channel: MessageChannel, epoch: Epoch) {
        guard heir?.hasLock == true, heir?.channel === channel else { return }
        channel.onClose = {}
        endSuccession()
        succeeded(by: epoch)
        handover?.announce(successor: epoch, besides: channel)
        leave(exitStatus: 0)
    }

    private func heirIsGone() {
        heir?.isGone = true
        // The lock is given up when nothing is accepted any more, and not before.
        guard heir?.isAwaited == true else { return }
        log.error("the replacement ended before it reigned: the workers take over")
        endSuccession()
        coordinator.release()
        leave(exitStatus: 0)
    }

    private func endSuccession() {
        heir?.timer.remove()
        heir = nil
    }
}
