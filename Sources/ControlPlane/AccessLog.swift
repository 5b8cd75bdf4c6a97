private import Glibc
package import Sockets
private import Synchronization

/// The file that all loops write their lines of the access log to, by a thread of its own: disks block.
///
/// Bounded: what the disk does not take in time is dropped, and told in the log itself. The file is opened anew when
/// somebody has moved it away, so it can be rotated at any time.
package final class AccessLog: @unchecked Sendable {
    /// Bytes that may wait for the disk.
    private static let maximumWaiting = 8 << 20
    private static let newline = UInt8(ascii: "\n")

    private let path: String
    private let writer: EventLoop
    private let waiting = Atomic<Int>(0)
    private let dropped = Atomic<Int>(0)
    private let lines = Mutex<[LoopBound<AccessLogLines>]>([])
    // Of the writer's thread, once it runs.
    private var thread: LoopThread?
    private var descriptor: Int32 = -1
    /// The file ends with half a line.
    private var isTorn = false
    private var identity: (device: dev_t, inode: ino_t)?

    /// Opens the log and starts its thread.
    ///
    /// - Parameter path: `-` for standard output.
    package init(path: String) throws(CommandError) {
        self.path = path
        do throws(SystemError) {
            writer = try EventLoop()
            guard open() else { throw SystemError("open", code: errno) }
            thread = try LoopThread(running: writer, name: "access-log")
        } catch {
            throw .usage("--access-log \(path) can't be written to: \(error.message)")
        }
    }

    /// The log that an option asks for; nil for `off`.
    package static func make(_ option: String) throws(CommandError) -> AccessLog? {
        option == "off" ? nil : try AccessLog(path: option)
    }

    /// What the option says, good for a process with another working directory.
    package static func absolute(_ option: String) -> String {
        guard option != "off", option != "-", !option.hasPrefix("/") else { return option }
        guard let folder = getcwd(nil, 0) else { return option }
        defer { free(folder) }
        return String(cString: folder) + "/" + option
    }

    /// Lines for one loop.
    package func makeLines(on loop: EventLoop) -> AccessLogLines {
        let made = AccessLogLines(log: self, loop: loop)
        lines.withLock { $0.append(LoopBound(made)) }
        return made
    }

    /// Lines that were dropped so far. Callable from any thread.
    package var droppedLines: Int { dropped.load(ordering: .relaxed) }

    /// Takes whole lines. Callable from any thread.
    func write(_ batch: [UInt8], lines count: Int) {
        guard waiting.load(ordering: .relaxed) + batch.count <= AccessLog.maximumWaiting else {
            dropped.wrappingAdd(count, ordering: .relaxed)
            return
        }
        waiting.wrappingAdd(batch.count, ordering: .relaxed)
        writer.post { [self] in
            put(batch)
            waiting.wrappingSubtract(batch.count, ordering: .relaxed)
        }
    }

    /// Writes what the loops still hold and what waits, before the process ends. Waits at most a second.
    package func finish() {
        for each in lines.withLock({ $0 }) {
            let bound = each
            bound.value.loop.post { bound.value.flush() }
        }
        let deadline = Clock.monotonicNanoseconds() + 1_000_000_000
        repeat {
            usleep(20_000)
        } while waiting.load(ordering: .relaxed) > 0 && Clock.monotonicNanoseconds() < deadline
    }

    // MARK: On the writer's thread

    private func put(_ batch: [UInt8]) {
        // What is written to a file that has been removed is lost as well.
        if isMoved && !open() { return drop(batch[...]) }
        // Behind half a line the next one would not be read as one.
        if isTorn { isTorn = !put([AccessLog.newline][...]).isEmpty }
        let rest = isTorn ? batch[...] : put(batch[...])
        isTorn = isTorn || (rest.startIndex > 0 && batch[rest.startIndex - 1] != AccessLog.newline)
        drop(rest)
    }

    /// Writes as much as the disk takes, and gives back the rest.
    private func put(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
            } else if errno != EINTR {
                break
            }
        }
        return rest
    }

    /// A full disk: the log has a hole, which is counted, and the service goes on.
    private func drop(_ rest: ArraySlice<UInt8>) {
        let count = rest.count { $0 == AccessLog.newline }
        if count > 0 { dropped.wrappingAdd(count, ordering: .relaxed) }
    }

    private var isMoved: Bool {
        guard path != "-" else { return false }
        var status = stat()
        guard stat(path, &status) == 0, let identity else { return true }
        return status.st_dev != identity.device || status.st_ino != identity.inode
    }

    private func open() -> Bool {
        if path == "-" {
            descriptor = STDOUT_FILENO
            return true
        }
        let opened = Glibc.open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard opened >= 0 else { return false }
        if descriptor >= 0 { close(descriptor) }
        descriptor = opened
        isTorn = false
        var status = stat()
        identity = fstat(opened, &status) == 0 ? (status.st_dev, status.st_ino) : nil
        return true
    }
}
