private import Glibc
internal import Logging
internal import Sockets
private import Synchronization

/// The log of this process: standard error, written by a separate thread, so that a slow reader delays no loop.
///
/// A `LineLimiter` limits lines about peers. Suppressed and lost lines are counted and reported.
package final class ProcessLog: @unchecked Sendable {
    /// The most bytes that wait for the reader: about 25,000 lines.
    private static let maximumWaiting = 4 << 20
    /// The time that the end of the process waits for a reader that takes nothing.
    private static let farewellMilliseconds = 500
    /// The time that the end of the process waits for a slow reader. Container runtimes kill a process 10 s after SIGTERM.
    private static let longestFarewellMilliseconds = 5000
    private static let present = Mutex<ProcessLog?>(nil)

    /// The subject of a limited line.
    enum Subject {
        /// The other end of a connection. One peer may use any number of addresses.
        case peer(LineLimiter.Key)
        /// A member and the kind of its event. There are at most as many members as certificates.
        case member(String)
    }

    private struct Limiters {
        // 20 lines a second in the long run.
        var peers = LineLimiter(maximumKeys: 4096, maximumLines: 1200)
        var members = LineLimiter(maximumKeys: 20_000, maximumLines: 20_000)
    }

    private let limiters = Mutex(Limiters())
    private let suppressed = Atomic<Int>(0)
    let format: LogFormat
    private let rotation: LogRotation?
    private var writer: BackgroundWriter?
    // Belongs to the writer's thread.
    private var output = LineOutput(descriptor: STDERR_FILENO)
    private var reportedDrops = 0
    private var timer: LoopTimer?

    /// The open log; nil before `open`.
    static var shared: ProcessLog? { present.withLock { $0 } }

    /// Opens the log of this process, once.
    static func open(format: LogFormat, rotation: LogRotation?) {
        let log = present.withLock { present -> ProcessLog? in
            if present != nil { return nil }
            present = ProcessLog(format: format, rotation: rotation)
            return present
        }
        guard let log, let writer = log.writer else { return }
        CrashWait.install(until: writer.waitingBytes)
        atexit { ProcessLog.shared?.flush() }
    }

    private init(format: LogFormat, rotation: LogRotation?) {
        self.format = format
        self.rotation = rotation
        writer = try? BackgroundWriter(name: "log", maximumWaiting: ProcessLog.maximumWaiting) { [unowned self] in
            put($0)
        }
    }

    /// The number of lines that standard error did not accept.
    package static var droppedLines: Int { shared?.writer?.droppedLines ?? 0 }

    /// The number of suppressed lines about peers.
    package static var suppressedLines: Int { shared?.suppressed.load(ordering: .relaxed) ?? 0 }

    /// Queues a line, which ends with a newline. Callable from any thread.
    func write(_ line: [UInt8]) {
        if let writer { writer.write(line, lines: 1) } else { _ = output.write(line) }
    }

    /// Counts a line about a peer and returns whether to write it. Callable from any thread.
    func admit(_ subject: Subject, example: @autoclosure () -> LineLimiter.Example) -> LineLimiter.Verdict {
        let (verdict, isFirst) = limiters.withLock { limiters in
            let isFirst = limiters.peers.isIdle && limiters.members.isIdle
            let verdict =
                switch subject {
                case .peer(let key): limiters.peers.admit(key, example: example())
                case .member(let name):
                    limiters.members.admit(LineLimiter.Key(peer: name, reason: ""), example: example())
                }
            return (verdict, isFirst)
        }
        if !verdict.isWritten { suppressed.add(1, ordering: .relaxed) }
        if isFirst { writer?.post { [self] in startWindow() } }
        return verdict
    }

    /// Writes the counts of the present window, and waits until the queued lines have been written: for half a second
    /// if the reader takes none, for at most five seconds if it is slow.
    func flush() {
        for line in summaries() { write(line) }
        writer?.flush(
            patienceMilliseconds: ProcessLog.farewellMilliseconds,
            limitMilliseconds: ProcessLog.longestFarewellMilliseconds)
    }

    // MARK: On the writer's thread

    private func put(_ line: [UInt8]) {
        guard let writer else { return }
        rotation?.makeRoom()
        let drops = writer.droppedLines
        if drops > reportedDrops {
            let text = "lines of this log were lost, since nobody took them in time"
            let notice = ProcessLogHandler.line(
                "warning", "log", "\(drops - reportedDrops) \(text)", [], format: format)
            if output.write(notice) == 0 { reportedDrops = drops }
        }
        writer.drop(lines: output.write(line))
    }

    private func startWindow() {
        if timer == nil, let timer = writer?.makeTimer() {
            timer.action = { [unowned self] in endWindow() }
            self.timer = timer
        }
        timer?.set(afterMilliseconds: LineLimiter.windowSeconds * 1000)
    }

    private func endWindow() {
        for line in summaries() { put(line) }
    }

    /// Ends the window. Callable from any thread.
    private func summaries() -> [[UInt8]] {
        let (peers, members) = limiters.withLock { ($0.peers.endWindow(), $0.members.endWindow()) }
        return peers.map { line(for: $0, [("peer", $0.peer)]) } + members.map { line(for: $0, []) }
    }

    private func line(for summary: LineLimiter.Summary, _ pairs: [(String, String)]) -> [UInt8] {
        let message =
            "\(summary.count) more lines like this in \(LineLimiter.windowSeconds) s: \(summary.example.message)"
        return ProcessLogHandler.line(
            summary.example.level, summary.example.label, message, pairs, format: format)
    }
}
