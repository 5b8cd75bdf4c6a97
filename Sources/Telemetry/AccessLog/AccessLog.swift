private import Glibc
package import Sockets
private import Synchronization

/// The access log of all loops. A separate thread writes it, because a disk may block.
///
/// Lines that the disk does not accept in time are dropped, and the log itself reports them. If the file was moved, the
/// writer creates a new one, so the log can be rotated at any time.
package final class AccessLog: @unchecked Sendable {
    /// The most bytes that wait for the disk.
    private static let maximumWaiting = 8 << 20
    private static let newline = UInt8(ascii: "\n")

    private let path: String
    let fields: AccessLogFields
    let layout: AccessLogLayout
    private var writer: BackgroundWriter?
    private let lines = Mutex<[LoopBound<AccessLogLines>]>([])
    // Belongs to the writer's thread after its start.
    private var output = LineOutput(descriptor: -1)
    private var identity: (device: dev_t, inode: ino_t)?

    /// Opens the log and starts its thread.
    ///
    /// - Parameter path: `-` for standard output.
    package init(
        path: String, fields: AccessLogFields = AccessLogFields(), format: LogFormat = .text
    ) throws(CommandError) {
        self.path = path
        self.fields = fields
        layout = AccessLogLayout(fields, format)
        do throws(SystemError) {
            guard open() else { throw SystemError("open", code: errno) }
            writer = try BackgroundWriter(name: "access-log", maximumWaiting: AccessLog.maximumWaiting) {
                // The thread outlives a log that ends before its last lines are written.
                [weak self] in self?.put($0)
            }
        } catch {
            throw .usage("--access-log \(path) can't be written to: \(error.message)")
        }
    }

    /// The log for an option's value; nil for `off`.
    package static func make(
        _ option: String, fields: AccessLogFields, format: LogFormat
    ) throws(CommandError) -> AccessLog? {
        option == "off" ? nil : try AccessLog(path: option, fields: fields, format: format)
    }

    /// The option's value as an absolute path, for a process with another working directory.
    package static func absolute(_ option: String) -> String {
        guard option != "off", option != "-", !option.hasPrefix("/") else { return option }
        guard let folder = getcwd(nil, 0) else { return option }
        defer { free(folder) }
        return String(cString: folder) + "/" + option
    }

    /// The lines of one loop.
    package func makeLines(on loop: EventLoop) -> AccessLogLines {
        let made = AccessLogLines(log: self, loop: loop)
        lines.withLock { $0.append(LoopBound(made)) }
        return made
    }

    /// The number of dropped lines. Callable from any thread.
    package var droppedLines: Int { writer?.droppedLines ?? 0 }

    /// Queues whole lines. Callable from any thread.
    func write(_ batch: [UInt8], lines count: Int) {
        writer?.write(batch, lines: count)
    }

    /// Writes the lines of all loops before the process ends. Waits for a second if the disk or the reader takes none, and for at most
    /// five seconds.
    package func finish() {
        for each in lines.withLock({ $0 }) {
            let bound = each
            bound.value.loop.post { bound.value.flush() }
        }
        // Waits until the loops have written their lines.
        usleep(20_000)
        writer?.flush(patienceMilliseconds: 1000, limitMilliseconds: 5000)
    }

    // MARK: On the writer's thread

    private func put(_ batch: [UInt8]) {
        // Lines for a removed file are lost too.
        let isOpen = !isMoved || open()
        writer?.drop(lines: isOpen ? output.write(batch) : batch.count { $0 == AccessLog.newline })
    }

    private var isMoved: Bool {
        guard path != "-" else { return false }
        var status = stat()
        guard stat(path, &status) == 0, let identity else { return true }
        return status.st_dev != identity.device || status.st_ino != identity.inode
    }

    private func open() -> Bool {
        if path == "-" {
            output.descriptor = STDOUT_FILENO
            return true
        }
        let opened = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard opened >= 0 else { return false }
        if output.descriptor >= 0 { close(output.descriptor) }
        output.descriptor = opened
        var status = stat()
        identity = fstat(opened, &status) == 0 ? (status.st_dev, status.st_ino) : nil
        return true
    }
}
