internal import HTTP
internal import Sockets

/// The Date field as bytes, renewed when the second changes. One per loop.
struct DateCache: ~Copyable {
    private var line = ByteBuffer()
    private var second: Int64 = -1
    /// The loop's time of the next reading of the wall clock, in monotonic nanoseconds.
    private var staleAt: UInt64 = 0

    init() {}

    /// Appends `date: ...` and CRLF. `now` is the loop's monotonic time: the wall clock is read at most every 100 ms.
    mutating func append(to output: inout ByteBuffer, now: UInt64) {
        update(now)
        output.append(line.readable)
    }

    /// Calls `body` with the value only.
    mutating func withValue(now: UInt64, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        update(now)
        body(UnsafeBufferPointer(rebasing: line.readable.dropFirst("date: ".utf8.count).dropLast(2)))
    }

    private mutating func update(_ now: UInt64) {
        if now >= staleAt {
            staleAt = now &+ 100_000_000
            let current = Clock.unixNanoseconds() / 1_000_000_000
            if current != second {
                second = current
                line.removeAll()
                line.append("date: ")
                HTTPDate.append(unixSeconds: current, to: &line)
                line.append("\r\n")
            }
        }
    }
}
