import Glibc
import TestSupport
import Testing

@testable import Sockets

/// Every child is watched and reaped, whatever fails after its start.
@Suite(.timeLimit(.minutes(5))) struct ChildProcessTests {
    private let loop: EventLoop

    init() throws { loop = try EventLoop() }

    /// A child that lives until it is killed: it stops itself.
    private func startChild() throws -> pid_t {
        var child: pid_t = 0
        let texts = ["/bin/sh", "-c", "kill -STOP $$"]
        let words: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        try #require(posix_spawn(&child, "/bin/sh", nil, nil, words, environ) == 0)
        return child
    }

    /// A reaped child is no child any more.
    private func isReaped(_ child: pid_t) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(child), &info, WEXITED | WNOHANG | WNOWAIT) == -1 && errno == ECHILD
    }

    /// A worker without descriptors reported that its standby could not be started, tried again every second, and had one
    /// more running standby each time.
    @Test func `A child that the loop can't watch is killed and reaped`() throws {
        let child = try startChild()
        #expect(throws: SystemError("pidfd_open", code: EMFILE)) {
            try ChildProcess(child, on: loop) { _ throws(SystemError) in throw SystemError("pidfd_open", code: EMFILE) }
        }
        #expect(isReaped(child))
        // A regular file can't be watched (epoll_ctl(2), EPERM).
        let other = try startChild()
        #expect(throws: SystemError("epoll_ctl", code: EPERM)) {
            try ChildProcess(other, on: loop) { _ throws(SystemError) in
                FileDescriptor(owning: try SystemError.check("open", open("/etc/passwd", O_RDONLY | O_CLOEXEC)))
            }
        }
        #expect(isReaped(other))
    }

    @Test(arguments: [0, ENOSYS, EPERM]) func `The end of a child is noticed, with and without pidfd_open`(
        error: Int32
    ) throws {
        let child = try startChild()
        let process = try ChildProcess(child, on: loop) { child throws(SystemError) in
            guard error == 0 else { throw SystemError("pidfd_open", code: error) }
            return try ChildEnd.pin(child)
        }
        var status: Int32?
        process.onExit = { status = $0 }
        loop.turn(maximumWaitMilliseconds: 0)
        #expect(status == nil && !isReaped(child))
        process.kill()
        while status == nil { loop.turn(maximumWaitMilliseconds: 100) }
        #expect(status == 128 + SIGKILL)
        #expect(isReaped(child))
    }
}
