private import CLinux
private import Glibc

/// Passes open descriptors between processes over a unix socket (unix(7), SCM_RIGHTS), and identifies the other
/// process.
package enum DescriptorPassing {
    /// The most descriptors in one message.
    package static let maximumCount = 16

    package enum ReceiveResult {
        case message(bytes: [UInt8], descriptors: [ReceivedDescriptor])
        case wouldBlock
        case endOfStream
    }

    /// Sends `bytes` and duplicates of `descriptors` in one message. Small messages on a new socket do not block.
    package static func send(_ bytes: [UInt8], descriptors: [Int32], over socket: Int32) throws(SystemError) {
        let sent = clinux_send_descriptors(socket, bytes, bytes.count, descriptors, Int32(descriptors.count))
        guard sent >= 0 else { throw SystemError("sendmsg") }
        guard sent == bytes.count else { throw SystemError("sendmsg", code: EMSGSIZE) }
    }

    /// Receives the result of one read: at most `limit` bytes.
    package static func receive(from socket: Int32, limit: Int) throws(SystemError) -> ReceiveResult {
        var bytes = [UInt8](repeating: 0, count: limit)
        var descriptors = [Int32](repeating: -1, count: maximumCount)
        var count: Int32 = 0
        let received = clinux_receive_descriptors(socket, &bytes, limit, &descriptors, Int32(maximumCount), &count)
        if received > 0 || count > 0 {
            return .message(
                bytes: Array(bytes.prefix(max(0, received))),
                descriptors: descriptors.prefix(Int(count)).map { ReceivedDescriptor(owning: $0) })
        }
        if received == 0 { return .endOfStream }
        guard errno == EAGAIN || errno == EINTR else { throw SystemError("recvmsg") }
        return .wouldBlock
    }

    /// The process and the user at the other end of a unix socket, at the time of its connect.
    package static func peer(of socket: Int32) throws(SystemError) -> (process: PeerProcess, user: UInt32) {
        var process: pid_t = 0
        var user: uid_t = 0
        try SystemError.check("getsockopt(SO_PEERCRED)", clinux_peer_credentials(socket, &process, &user))
        return (PeerProcess(process), user)
    }
}
