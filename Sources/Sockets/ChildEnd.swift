private import CLinux
private import Glibc

/// A descriptor that becomes readable when a child of this process has ended. The child stays unreaped.
///
/// It is a pidfd(2). Where a sandbox forbids pidfd_open(2), it is one end of a socket pair, and a thread closes the other end
/// when the child has ended.
enum ChildEnd {
    /// - Parameter pin: opens the pidfd.
    /// - Throws: an error of this process, such as EMFILE.
    static func descriptor(
        for child: Int32, pin: (_ child: Int32) throws(SystemError) -> FileDescriptor = ChildEnd.pin
    ) throws(SystemError) -> FileDescriptor {
        do throws(SystemError) {
            return try pin(child)
        } catch {
            guard PinnedProcess.isForbidden(error) else { throw error }
            return try startThread(for: child)
        }
    }

    static func pin(_ child: Int32) throws(SystemError) -> FileDescriptor {
        try ProcessHandle(processIdentifier: child).take()
    }

    private static func startThread(for child: Int32) throws(SystemError) -> FileDescriptor {
        let pair = try Socket.pair()
        let wait = Unmanaged.passRetained(Wait(child, end: try Socket.duplicate(pair.theirs.rawValue)))
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        // A signal for this process goes to another thread.
        pthread_sigmask(SIG_SETMASK, &all, &before)
        defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                clinux_set_thread_name("child")
                Unmanaged<Wait>.fromOpaque(argument!).takeRetainedValue().run()
                return nil
            }, wait.toOpaque())
        guard code == 0 else {
            wait.release()
            throw SystemError("pthread_create", code: code)
        }
        pthread_detach(thread)
        return pair.takeOurs()
    }

    private final class Wait {
        private let child: Int32
        private let end: FileDescriptor

        init(_ child: Int32, end: consuming FileDescriptor) {
            self.child = child
            self.end = end
        }

        /// Only the loop reaps the child, so that the number stays the child's as long as the loop uses it.
        func run() {
            var info = siginfo_t()
            while waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        }
    }
}
