private import CLinux
private import Glibc

/// A process pinned by a pidfd(2): a recycled process number can't be meant by mistake.
package struct ProcessHandle: ~Copyable, Sendable {
    /// Readable when the process has ended.
    package let descriptor: FileDescriptor
    package let processIdentifier: Int32

    package init(processIdentifier: Int32) throws(SystemError) {
        self.processIdentifier = processIdentifier
        descriptor = FileDescriptor(owning: try SystemError.check("pidfd_open", clinux_pidfd_open(processIdentifier)))
    }

    /// Ends the process at once. No error when it has ended already.
    package func kill() throws(SystemError) {
        guard clinux_pidfd_send_signal(descriptor.rawValue, SIGKILL) != 0, errno != ESRCH else { return }
        throw SystemError("pidfd_send_signal")
    }
}
