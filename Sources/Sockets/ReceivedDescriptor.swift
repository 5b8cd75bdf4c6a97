/// A descriptor that another process has passed to this one. It closes when nobody has taken it: a message with descriptors
/// that nobody expects can simply be dropped.
package final class ReceivedDescriptor {
    private var descriptor: FileDescriptor?

    /// Takes ownership of an open descriptor.
    package init(owning rawValue: Int32) {
        descriptor = FileDescriptor(owning: rawValue)
    }

    /// Passes ownership of the descriptor to the caller. Call it once.
    package func take() -> FileDescriptor {
        guard let taken = descriptor.take() else { preconditionFailure("the descriptor was taken twice") }
        return taken
    }
}
