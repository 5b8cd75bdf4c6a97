private import Glibc
package import Sockets
package import Storage

/// `handover.sock` in the state directory. Only processes of one user use it, and both ends check that.
package enum HandoverSocket {
    /// A verified peer of the same user.
    package struct Peer: ~Copyable {
        private let socket: FileDescriptor
        package let process: PeerProcess

        fileprivate init(socket: consuming FileDescriptor, process: PeerProcess) {
            self.socket = socket
            self.process = process
        }

        package consuming func take() -> FileDescriptor { socket }
    }

    /// Replaces the socket of a predecessor. Only the holder of the lock calls this.
    static func listen(in directory: StateDirectory) throws(SystemError) -> FileDescriptor {
        let address = try directory.files.socketAddress(StateDirectory.Name.handoverSocket)
        directory.files.remove(StateDirectory.Name.handoverSocket)
        return try Socket.listen(on: address)
    }

    /// Connects to the balancer that listens there.
    ///
    /// - Returns: nil if its queue is full.
    package static func connect(in directory: StateDirectory) throws(SystemError) -> Peer? {
        let begun = try Socket.connect(to: try directory.files.socketAddress(StateDirectory.Name.handoverSocket))
        guard begun.isConnected else { return nil }
        return try check(begun.take())
    }

    /// - Throws: EPERM for a peer of another user.
    package static func check(_ socket: consuming FileDescriptor) throws(SystemError) -> Peer {
        let peer = try DescriptorPassing.peer(of: socket.rawValue)
        guard peer.user == geteuid() else { throw SystemError("connect", code: EPERM) }
        return Peer(socket: socket, process: peer.process)
    }
}
