private import CLinux
private import Glibc

/// A process that this one started: watched for its end and reaped by the loop.
package final class ChildProcess: EventSource {
    package let processIdentifier: Int32
    /// Called once with the exit status (128 + signal when a signal ended it).
    package var onExit: (Int32) -> Void = { _ in }
    private let handle: ProcessHandle
    private let loop: EventLoop

    /// Starts `path` in a session of its own; `channel` becomes its descriptor 3, its output is appended to the file
    /// `log`.
    package init(
        path: String, arguments: [String], channel: borrowing FileDescriptor, log: String, on loop: EventLoop
    ) throws(SystemError) {
        self.loop = loop
        var child: pid_t = 0
        var pointers: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        let code = clinux_spawn(path, &pointers, channel.rawValue, log, &child)
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        processIdentifier = child
        handle = try ProcessHandle(processIdentifier: child)
        super.init()
        try loop.watch(self, descriptor: handle.descriptor.rawValue, for: .readable)
    }

    package func kill() { try? handle.kill() }

    package override func ready(_ readiness: Readiness) {
        var status: Int32 = 0
        guard waitpid(processIdentifier, &status, WNOHANG) == processIdentifier else { return }
        loop.unwatch(self)
        let signal = status & 0x7F
        onExit(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
    }
}
