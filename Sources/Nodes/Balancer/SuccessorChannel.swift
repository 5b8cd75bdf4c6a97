internal import Cluster
internal import Handover
internal import Sockets
internal import Storage

/// The process that is to reign next, and the channel to it.
final class SuccessorChannel {
    let channel: MessageChannel
    let process: PeerProcess
    private let pinned: PinnedProcess

    init(channel: MessageChannel, process: PeerProcess) throws(SystemError) {
        pinned = try PinnedProcess(process)
        self.channel = channel
        self.process = process
    }

    /// Sends the lock, held. False when it can't be sent.
    func yield(lock: Int32) -> Bool {
        do throws(SystemError) {
            try channel.send(JSON.encode(HandoverNotice.yielded), descriptors: [lock])
            return true
        } catch {
            return false
        }
    }

    /// Kills the process, and tells what has happened.
    func kill() -> String {
        pinned.kill() ? "killed" : "it runs in another PID namespace and still holds the lock: end its container"
    }
}
