private import CLinux
private import Glibc

/// A child process. The loop watches for its end and reaps it.
package final class ChildProcess: EventSource {
    package let processIdentifier: Int32
    /// Called once with the exit status. If signal N ended the process, the status is 128 + N.
    package var onExit: (Int32) -> Void = { _ in }
    private let end: FileDescriptor
    private let loop: EventLoop
    /// Until the process is reaped, no other process can have its number.
    private var isReaped = false

    /// Starts `path` in a session of its own. `channel` becomes its descriptor 3, and its output goes to `log`.
    package convenience init(
        path: String, arguments: [String], channel: borrowing FileDescriptor, log: borrowing FileDescriptor,
        on loop: EventLoop
    ) throws(SystemError) {
        var child: pid_t = 0
        let code = ChildProcess.withPointers(to: [path] + arguments) {
            clinux_spawn(path, $0, channel.rawValue, log.rawValue, &child)
        }
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        try self.init(child, on: loop)
    }

    /// Starts a shell command in a session of its own.
    ///
    /// - Parameters:
    ///   - environment: overrides this process's environment.
    ///   - output: becomes the standard output and the standard error of the command.
    package convenience init(
        shell command: String, environment: [String: String], output: borrowing FileDescriptor, on loop: EventLoop
    ) throws(SystemError) {
        var all: [String] = []
        var inherited = environ
        while let entry = inherited.pointee {
            let text = String(cString: entry)
            if environment[String(text.prefix { $0 != "=" })] == nil { all.append(text) }
            inherited += 1
        }
        all += environment.map { "\($0.key)=\($0.value)" }
        var child: pid_t = 0
        let code = ChildProcess.withPointers(to: all) { clinux_spawn_shell(command, $0, output.rawValue, &child) }
        guard code == 0 else { throw SystemError("posix_spawn", code: code) }
        try self.init(child, on: loop)
    }

    /// Takes over a process that has just been started. If the loop can't watch it, nothing of it stays: a caller that tries
    /// again would otherwise collect processes.
    init(
        _ child: Int32, on loop: EventLoop, pin: (_ child: Int32) throws(SystemError) -> FileDescriptor = ChildEnd.pin
    ) throws(SystemError) {
        self.loop = loop
        processIdentifier = child
        do throws(SystemError) {
            end = try ChildEnd.descriptor(for: child, pin: pin)
        } catch {
            ChildProcess.discard(child)
            throw error
        }
        super.init()
        do throws(SystemError) {
            try loop.watch(self, descriptor: end.rawValue, for: .readable)
        } catch {
            ChildProcess.discard(child)
            throw error
        }
    }

    /// Kills the child and its children, and reaps it. The wait is short, because SIGKILL ends a process at once.
    private static func discard(_ child: Int32) {
        for receiver in [-child, child] { _ = Glibc.kill(receiver, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }

    private static func withPointers<Result>(
        to words: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return pointers.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }

    /// Asks the process to end (SIGTERM). Without effect after its end.
    package func terminate() { signal(processIdentifier, SIGTERM) }

    /// Kills the process. Without effect after its end.
    package func kill() { signal(processIdentifier, SIGKILL) }

    /// Kills the process and its children, except children in another session. Without effect after its end.
    package func killGroup() { signal(-processIdentifier, SIGKILL) }

    private func signal(_ receiver: Int32, _ number: Int32) {
        if !isReaped { _ = Glibc.kill(receiver, number) }
    }

    package override func ready(_ readiness: Readiness) {
        var status: Int32 = 0
        guard waitpid(processIdentifier, &status, WNOHANG) == processIdentifier else { return }
        isReaped = true
        loop.unwatch(self)
        let signal = status & 0x7F
        onExit(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
    }
}
