internal import Cluster
internal import Handover
internal import Sockets
internal import Storage

/// The process that is to reign next, and the channel to it.
final class SuccessorChannel {
    let channel: MessageChannel
    let processIdentifier: Int32
    private let process: ProcessHandle

    /// - Parameter onLost: called when the process has ended or closed its channel.
    init(channel: MessageChannel, process: Int32, onLost: @escaping () -> Void) throws(SystemError) {
        self.process = try ProcessHandle(processIdentifier: process)
        self.channel = channel
        processIdentifier = process
        let former = channel.onClose
        channel.onClose = {
            former()
            onLost()
        }
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

    func kill() {
        try? process.kill()
    }
}
