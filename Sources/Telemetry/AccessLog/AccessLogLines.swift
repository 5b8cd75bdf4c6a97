package import Connections
private import Glibc
internal import HTTP
internal import Sockets

/// The access log lines of one loop. They are collected in memory and passed on in batches.
///
/// A line needs some formatting and no allocation. A batch needs one allocation.
package final class AccessLogLines {
    private static let batchBytes = 32 << 10
    private static let batchMilliseconds = 500

    let loop: EventLoop
    private let log: AccessLog
    private let timer: LoopTimer
    private var buffer = ByteBuffer()
    private var count = 0
    private var reportedDrops = 0
    /// The text of the current second up to its point, and the second.
    private var second: Int64 = -1
    private var secondText = ByteBuffer()
    /// The present time: UTC, RFC 3339, with milliseconds.
    private var timeText = ByteBuffer()

    init(log: AccessLog, loop: EventLoop) {
        self.log = log
        self.loop = loop
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in flush() }
    }

    /// Adds a line.
    ///
    /// - Parameter isLast: there may be no later line, so this line leaves at once.
    private func add(_ entry: AccessLogEntry, isLast: Bool) {
        updateTime()
        log.layout.append(entry, time: timeText.readable, now: loop.now, to: &buffer)
        count += 1
        if isLast || buffer.count >= AccessLogLines.batchBytes {
            flush()
        } else if !timer.isSet {
            timer.set(afterMilliseconds: AccessLogLines.batchMilliseconds)
        }
    }

    /// Adds a line for each request of the server, including those that reach no exchange.
    ///
    /// - Parameter node: the name in the lines; a proxy names the worker instead. Call before the first listener is added.
    package func observe(_ server: Server, node: String = "") {
        server.observe(log.fields.facts) { [unowned server, self] context in
            add(AccessLogEntry(context, node: node), isLast: server.isDraining)
        }
        server.onReject = { [unowned server, self] request in
            add(AccessLogEntry(rejected: request, node: node, now: loop.now), isLast: server.isDraining)
        }
    }

    /// Passes the collected lines on.
    func flush() {
        timer.cancel()
        guard count > 0 else { return }
        let drops = log.droppedLines
        if drops > reportedDrops {
            updateTime()
            log.layout.lossLine(drops, time: timeText.readable).withUnsafeBufferPointer { buffer.append($0) }
            reportedDrops = drops
        }
        log.write(Array(buffer.readable), lines: count)
        buffer.removeAll()
        count = 0
    }

    private func updateTime() {
        let now = Clock.unixNanoseconds()
        let current = now / 1_000_000_000
        if current != second {
            second = current
            secondText.removeAll()
            var seconds = time_t(current)
            var parts = tm()
            gmtime_r(&seconds, &parts)
            append(Int(parts.tm_year) + 1900, digits: 4, "-")
            append(Int(parts.tm_mon) + 1, digits: 2, "-")
            append(Int(parts.tm_mday), digits: 2, "T")
            append(Int(parts.tm_hour), digits: 2, ":")
            append(Int(parts.tm_min), digits: 2, ":")
            append(Int(parts.tm_sec), digits: 2, ".")
        }
        timeText.removeAll()
        timeText.append(secondText.readable)
        timeText.append(number: Int(now / 1_000_000 % 1000), digits: 3)
        timeText.append("Z")
    }

    private func append(_ number: Int, digits: Int, _ behind: StaticString) {
        secondText.append(number: number, digits: digits)
        secondText.append(behind)
    }
}

extension ByteBuffer {
    /// Appends the last `digits` digits of a non-negative number.
    mutating func append(number: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(byte: UInt8(truncatingIfNeeded: 0x30 + number / divisor % 10))
            divisor /= 10
        }
    }
}
