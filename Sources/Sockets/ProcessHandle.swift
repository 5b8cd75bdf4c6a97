private import CLinux
private import Glibc

/// A process pinned by a pidfd(2), so that a recycled process number can't refer to another process.
package struct ProcessHandle: ~Copyable, Sendable {
    /// Readable after the end of the process.
    package let descriptor: FileDescriptor
    package let processIdentifier: Int32

    package init(processIdentifier: Int32) throws(SystemError) {
        self.processIdentifier = processIdentifier
        descriptor = FileDescriptor(owning: try SystemError.check("pidfd_open", clinux_pidfd_open(processIdentifier)))
    }

    /// Passes ownership of the descriptor to the caller.
    consuming func take() -> FileDescriptor { descriptor }

    /// Kills the process at once. It is no error if the process has ended already.
    package func kill() throws(SystemError) {
        guard clinux_pidfd_send_signal(descriptor.rawValue, SIGKILL) != 0, errno != ESRCH else { return }
        throw SystemError("pidfd_send_signal")
    }
}
