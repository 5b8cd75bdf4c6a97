import Foundation

/// A process that a test started, with its output in files. With a pipe, a descendant that outlives the process would
/// keep the test waiting.
final class SpawnedProcess {
    let identifier: pid_t
    private var reaped: Int32?
    /// Other tests of this runner have sockets open, sometimes hundreds. If a child inherited one, its peer would wait
    /// for the child's end.
    private static let highestDescriptor: Int32 = 4096

    /// Starts `program`, which is searched in PATH if it has no slash. It inherits descriptors 0, 1 and 2 only.
    ///
    /// - Parameters:
    ///   - folder: the working directory.
    ///   - output: the file for standard output, opened to append. `errors` is the same for standard error; nil for the
    ///     same file.
    init(
        _ program: String, _ arguments: [String], in folder: String = "/", input: String = "/dev/null", output: String,
        errors: String? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        if let errors {
            posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        } else {
            posix_spawn_file_actions_adddup2(&actions, 1, 2)
        }
        for descriptor in 3..<SpawnedProcess.highestDescriptor {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        // The process does not inherit ignored and blocked signals of the test runner.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        // env(1) changes the folder and then becomes the program, so the process id stays.
        let command = ["env", "-C", folder, program] + arguments
        var words: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var identifier: pid_t = 0
        let code = posix_spawnp(&identifier, "env", &actions, &attributes, &words, environ)
        guard code == 0 else { throw HarnessError("\(program) can't be started: \(String(cString: strerror(code)))") }
        self.identifier = identifier
    }

    /// A process without a waiting test is reaped when it ends. Otherwise its zombie would hide the end of other
    /// processes from the test library, which waits for any child.
    deinit {
        guard exitStatus == nil else { return }
        let identifier = self.identifier
        Thread.detachNewThread { waitpid(identifier, nil, 0) }
    }

    /// The exit status, 128 + signal if a signal ended the process; nil while it runs.
    var exitStatus: Int32? {
        if let reaped { return reaped }
        var status: Int32 = 0
        guard waitpid(identifier, &status, WNOHANG) == identifier else { return nil }
        let signal = status & 0x7F
        reaped = signal == 0 ? (status >> 8) & 0xFF : 128 + signal
        return reaped
    }

    var isRunning: Bool { exitStatus == nil }

    /// Has no effect after the process has ended.
    func send(_ signal: Int32) {
        if isRunning { kill(identifier, signal) }
    }

    /// Waits for the end, and kills the process after the time limit.
    ///
    /// - Returns: the exit status; nil if the process had to be killed.
    func wait(seconds: Double = Patience.seconds) -> Int32? {
        if Patience.until(seconds: seconds, { !isRunning }) { return exitStatus }
        end()
        return nil
    }

    /// Sends SIGKILL and waits until the process has ended.
    func end() {
        send(SIGKILL)
        _ = Patience.until { !isRunning }
    }
}
