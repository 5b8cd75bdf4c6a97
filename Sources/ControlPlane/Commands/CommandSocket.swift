private import Glibc
internal import Sockets
package import Storage

/// `admin.sock` in the state directory, for the commands of operators. The balancer answers processes of its own user and
/// of root.
package enum CommandSocket {
    /// Replaces the socket of a predecessor. Only the holder of the lock calls this.
    static func listen(in directory: StateDirectory) throws(SystemError) -> FileDescriptor {
        let address = try directory.files.socketAddress(StateDirectory.Name.commandSocket)
        directory.files.remove(StateDirectory.Name.commandSocket)
        let socket = try Socket.listen(on: address, backlog: 16)
        try directory.files.restrict(StateDirectory.Name.commandSocket)
        return socket
    }

    /// Returns whether a process of this user gets answers.
    static func permits(_ user: UInt32) -> Bool { user == geteuid() || user == 0 }
}

/// Makes transports for permitted users. A connection of another user closes without an answer.
final class PermittedUsers: TransportProvider {
    private let permits: (UInt32) -> Bool

    init(_ permits: @escaping (UInt32) -> Bool) {
        self.permits = permits
        super.init()
    }

    override func accepted(_ descriptor: consuming FileDescriptor) -> SocketTransport? {
        guard let peer = try? DescriptorPassing.peer(of: descriptor.rawValue), permits(peer.user) else { return nil }
        return super.accepted(descriptor)
    }
}
