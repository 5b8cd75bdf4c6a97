private import Glibc
internal import HTTP
internal import Sockets

/// One loop's lines of the access log: gathered in memory, handed over in batches.
///
/// A line costs some formatting and no allocation; a batch costs one.
package final class AccessLogLines {
    private static let batchBytes = 32 << 10
    private static let batchMilliseconds = 500

    let loop: EventLoop
    private let log: AccessLog
    private let timer: LoopTimer
    private var buffer = ByteBuffer()
    private var count = 0
    private var reportedDrops = 0
    /// The text of the present second, and when it is to be made anew.
    private var second: Int64 = -1
    private var secondText = ByteBuffer()

    init(log: AccessLog, loop: EventLoop) {
        self.log = log
        self.loop = loop
        timer = LoopTimer(on: loop)
        timer.action = { [unowned self] in flush() }
    }

    /// Adds a line.
    ///
    /// - Parameter isLast: nothing more may come: the line leaves at once.
    func add(_ entry: borrowing AccessLogEntry, isLast: Bool) {
        buffer.append("time=")
        appendTime()
        entry.append(to: &buffer, now: loop.now)
        buffer.append("\n")
        count += 1
        if isLast || buffer.count >= AccessLogLines.batchBytes {
            flush()
        } else if !timer.isSet {
            timer.set(afterMilliseconds: AccessLogLines.batchMilliseconds)
        }
    }

    /// Hands over what has been gathered.
    func flush() {
        timer.cancel()
        guard count > 0 else { return }
        let drops = log.droppedLines
        if drops > reportedDrops {
            buffer.append(text: "# lines dropped so far, since the disk was too slow: \(drops)\n")
            reportedDrops = drops
        }
        log.write(Array(buffer.readable), lines: count)
        buffer.removeAll()
        count = 0
    }

    /// UTC, RFC 3339, milliseconds.
    private func appendTime() {
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
        buffer.append(secondText.readable)
        buffer.append(number: Int(now / 1_000_000 % 1000), digits: 3)
        buffer.append("Z")
    }

    private func append(_ number: Int, digits: Int, _ behind: StaticString) {
        secondText.append(number: number, digits: digits)
        secondText.append(behind)
    }
}

extension ByteBuffer {
    /// Appends the last `digits` digits of a number that is not negative.
    mutating func append(number: Int, digits: Int) {
        var divisor = 1
        for _ in 1..<digits { divisor *= 10 }
        while divisor > 0 {
            append(byte: UInt8(truncatingIfNeeded: 0x30 + number / divisor % 10))
            divisor /= 10
        }
    }
}
