private import Glibc
internal import Logging
internal import Sockets

/// Passes what an operator's command prints to the log, line by line. It ends when every process with the output has ended.
///
/// Rules:
/// - The command never waits for a reader of the log: the log has a queue and a thread of its own.
/// - It keeps one incomplete line, of `maximumLine` bytes at most. The rest of a longer line is dropped.
/// - The log gets `linesInSecond` lines in a second, and `maximumLines` in total. The last line counts the others.
/// - A command that prints more than `bytesInSecond` waits, so that it can't occupy the loop.
final class CommandOutput: EventSource {
    /// As many bytes as the log shows of a value.
    static let maximumLine = 1 << 10
    static let linesInSecond = 50
    static let maximumLines = 500
    static let bytesInSecond = 8 << 20
    private static let secondNanoseconds: UInt64 = 1_000_000_000

    /// Called once, when no process can print any more.
    var onEnd: (CommandOutput) -> Void = { _ in }
    /// The option that has the command.
    private let option: String
    private let loop: EventLoop
    private let log: Logger
    /// The end of the pipe that this process reads; nil after the end.
    private var pipe: FileDescriptor?
    private let timer: LoopTimer
    private var line: [UInt8] = []
    /// Bytes of the incomplete line that were dropped.
    private var cut = 0
    /// The present second, and what came in it.
    private var began: UInt64
    private var lines = 0
    private var bytes = 0
    /// In total.
    private var written = 0
    private var suppressed = 0

    /// Starts a command, and begins to read what it prints.
    ///
    /// - Parameters:
    ///   - option: the option that has the command, for the log.
    ///   - start: starts the command with this output.
    static func collect(
        of option: String, on loop: EventLoop, log: Logger,
        from start: (borrowing FileDescriptor) throws(SystemError) -> ChildProcess
    ) throws(SystemError) -> (process: ChildProcess, output: CommandOutput) {
        var ends: [Int32] = [-1, -1]
        try SystemError.check("pipe", Glibc.pipe(&ends))
        let input = FileDescriptor(owning: ends[1])
        let output = CommandOutput(pipe: try Socket.adopt(ends[0]), option: option, on: loop, log: log)
        try SystemError.check("fcntl(F_SETFD)", fcntl(input.rawValue, F_SETFD, FD_CLOEXEC))
        try output.watch()
        do throws(SystemError) {
            return (try start(input), output)
        } catch {
            output.close()
            throw error
        }
    }

    private init(pipe: consuming FileDescriptor, option: String, on loop: EventLoop, log: Logger) {
        self.pipe = consume pipe
        self.option = option
        self.loop = loop
        self.log = log
        timer = LoopTimer(on: loop)
        began = loop.now
        super.init()
        timer.action = { [unowned self] in continueReading() }
    }

    private var descriptor: Int32 { pipe?.rawValue ?? -1 }

    private func watch() throws(SystemError) { try loop.watch(self, descriptor: descriptor, for: .readable) }

    override func ready(_ readiness: Readiness) {
        guard receive(), bytes >= CommandOutput.bytesInSecond else { return }
        loop.unwatch(self)
        timer.set(at: began &+ CommandOutput.secondNanoseconds)
    }

    private func continueReading() {
        do throws(SystemError) { try watch() } catch { close() }
    }

    /// Reads what the command printed before it ended. Later output, of processes that it has left, comes as before.
    func takeRest() {
        // A pipe holds no more (pipe(7)).
        var left = 64 << 10
        while left > 0, let count = receivePiece() { left -= count }
    }

    /// - Returns: false after the end.
    private func receive() -> Bool {
        _ = receivePiece()
        return pipe != nil
    }

    /// - Returns: the number of bytes; nil if there are none now.
    private func receivePiece() -> Int? {
        guard pipe != nil else { return nil }
        let count = Glibc.read(descriptor, loop.scratch.baseAddress, loop.scratch.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return nil }
        guard count > 0 else {
            close()
            return nil
        }
        beginSecond()
        bytes += count
        take(UnsafeBufferPointer(rebasing: loop.scratch[..<count]))
        return count
    }

    private func beginSecond() {
        guard loop.now &- began >= CommandOutput.secondNanoseconds else { return }
        began = loop.now
        lines = 0
        bytes = 0
    }

    private func take(_ piece: UnsafeBufferPointer<UInt8>) {
        let newline = UInt8(ascii: "\n")
        var rest = piece[...]
        while let end = rest.firstIndex(of: newline) {
            append(rest[..<end])
            endLine()
            rest = rest[(end + 1)...]
        }
        append(rest)
    }

    private func append(_ part: Slice<UnsafeBufferPointer<UInt8>>) {
        let kept = part.prefix(CommandOutput.maximumLine - line.count)
        line += kept
        cut += part.count - kept.count
    }

    private func endLine() {
        defer {
            line.removeAll(keepingCapacity: true)
            cut = 0
        }
        guard lines < CommandOutput.linesInSecond, written < CommandOutput.maximumLines else {
            suppressed += 1
            return
        }
        lines += 1
        written += 1
        let text = String(decoding: line, as: UTF8.self) + (cut > 0 ? "..." : "")
        log.info("the command of \(option) printed a line", metadata: ["line": "\(text)"])
    }

    /// Ends the output. A process that prints later gets SIGPIPE.
    func close() {
        guard pipe != nil else { return }
        if !line.isEmpty { endLine() }
        if suppressed > 0 {
            log.warning(
                "the command of \(option) printed \(suppressed) more lines, too many or too fast for the log")
        }
        loop.unwatch(self)
        timer.remove()
        pipe = nil
        onEnd(self)
    }
}
