/// Lines that wait for the next write, in the order of arrival.
struct LineQueue: Sendable {
    /// The completion of one line, and the line's size in the file.
    struct Waiter: Sendable {
        let byteCount: Int
        let completion: SharedFile.Completion<Int>
    }

    /// The lines of one write: the bytes of all lines with their newlines, and their completions.
    struct Batch: Sendable {
        var bytes: [UInt8] = []
        var waiters: [Waiter] = []
    }

    /// Bounds of the waiting lines. Another batch, within the same bounds, may be in progress.
    static let maximumLines = 1_024
    static let maximumBytes = 8 << 20

    private var waiting = Batch()
    /// True while a job is running that will take the waiting lines.
    private(set) var hasWriter = false

    /// - Returns: false if the queue is full.
    mutating func add(_ line: UnsafeBufferPointer<UInt8>, _ completion: @escaping SharedFile.Completion<Int>) -> Bool {
        let byteCount = line.count + 1
        guard waiting.waiters.count < LineQueue.maximumLines,
            waiting.bytes.count + byteCount <= LineQueue.maximumBytes
        else { return false }
        waiting.bytes.append(contentsOf: line)
        waiting.bytes.append(UInt8(ascii: "\n"))
        waiting.waiters.append(Waiter(byteCount: byteCount, completion: completion))
        return true
    }

    /// - Returns: true if the caller must start the writer.
    mutating func claimWriter() -> Bool {
        guard !hasWriter else { return false }
        hasWriter = true
        return true
    }

    /// Takes all waiting lines; nil if no line waits. After nil, there is no writer.
    mutating func take() -> Batch? {
        guard !waiting.waiters.isEmpty else {
            hasWriter = false
            return nil
        }
        let batch = waiting
        waiting = Batch()
        return batch
    }
}
