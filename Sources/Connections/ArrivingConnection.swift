internal import Sockets

/// An accepted socket on its way to the loop that is to serve it, with its slot and its place in that loop's load.
///
/// If that loop stops before it takes the socket, its mailbox drops this object. Then the socket closes, and the slot and the
/// place are free again.
final class ArrivingConnection: @unchecked Sendable {
    private let slots: ConnectionSlots
    private let load: LoopLoad
    /// Nil once the loop has taken it. Only the accepting loop and then the serving loop use it.
    private var socket: FileDescriptor?

    /// - Parameters:
    ///   - slots: has a reserved slot for the connection.
    ///   - load: of the serving loop; counts the connection from now on.
    init(_ socket: consuming FileDescriptor, slots: ConnectionSlots, load: LoopLoad) {
        self.slots = slots
        self.load = load
        self.socket = consume socket
        load.add()
    }

    deinit {
        guard socket != nil else { return }
        slots.release()
        load.remove()
    }

    /// Passes the socket, its slot and its place to the caller; nil if that has happened already.
    func take() -> FileDescriptor? { socket.take() }
}
